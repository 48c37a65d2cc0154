#include "runtime/supervisor/bundle_time.h"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "runtime/base/packet.h"
#include "runtime/base/utc_time.h"
#include "runtime/clock/clock_page.h"
#include "runtime/process/helper.h"

namespace hitch {

namespace {

/// A change is in force after some microseconds, and confirmed after some milliseconds.
constexpr Milliseconds kPatience{10'000};

}  // namespace

bool has_own_clock(const BundleSpec& bundle) {
  return bundle.clock.given && bundle.clock.backend != "off";
}

Result<BundleClock> clock_at_start(const ClockSpec& spec) {
  BundleClock::Start start;
  if (!spec.start.empty()) {
    HITCH_TRY(const auto instant, parse_date_time(spec.start));
    start.at_instant = true;
    start.instant = {instant.whole.count(), instant.fraction.count()};
  }
  start.frozen = spec.frozen;
  HITCH_TRY(start.rate, fixed_rate(spec.rate));
  return BundleClock::start(start, real_now());
}

LogClock log_clock_of(const BundleTime& time) {
  return [clock = time.clock()] {
    auto times = machine_times();
    const auto whole = std::chrono::floor<std::chrono::seconds>(times.wall);
    const auto now = clock->now({whole.count(), (times.wall - whole).count()});
    // What nanoseconds cannot hold is as far as they go.
    constexpr std::int64_t kFarthest =
        std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;
    const auto second = std::clamp(now.sec, -kFarthest, kFarthest);
    times.bundle = std::chrono::seconds(second) + LogTimes::Nanoseconds(now.nsec);
    return times;
  };
}

std::string text_of(const ClockNews& news) {
  const std::string process =
      in_quotes(news.name.data()) + " (process " + std::to_string(news.pid) + ')';
  const std::string why =
      std::string(": could not ") + news.step.data() + ": " + errno_text(news.err);
  switch (news.kind) {
    case ClockNewsKind::kSlow:
      return process + " reads the bundle's clock slowly" + why;
    case ClockNewsKind::kRealWait:
      return process + " waits for a time on the machine's clock" + why;
    default:
      return process + " sees the machine's time" + why;
  }
}

BundleTime::BundleTime(const asio::any_io_executor& executor, BundleClock clock, Pidfd process,
                       UniqueFd channel, UniqueFd ended)
    : clock_(std::make_shared<BundleClock>(clock)),
      process_(std::move(process)),
      channel_(executor, channel.release()),
      ended_(executor, ended.release()),
      changed_(executor),
      tasks_(executor) {
  tasks_.spawn(hear());
  tasks_.spawn(await_end());
}

Result<std::unique_ptr<BundleTime>> BundleTime::start(const asio::any_io_executor& executor,
                                                      Request request) {
  HITCH_TRY(auto sockets, SocketPair::create());
  HITCH_TRY(const auto theirs, duplicate(sockets.theirs.get()));
  HITCH_TRY(const auto listener, duplicate(request.listener.get()));
  HITCH_TRY(auto process,
            start_helper(request.program, {"hitch-clock", std::to_string(request.init_pid)},
                         {theirs.get(), listener.get(), -1}));
  HITCH_TRY(auto ended, duplicate(process.get()));
  return std::make_unique<BundleTime>(executor, request.clock, std::move(process),
                                      std::move(sockets.ours), std::move(ended));
}

Task<Done> BundleTime::put_in_force() {
  ClockCommand command;
  command.id = ++asked_;
  command.setting = clock_->setting();
  const iovec part{&command, sizeof command};
  if (send_packet(channel_.native_handle(), std::span(&part, 1), {}, MSG_DONTWAIT) < 0) {
    co_return Error::from_errno(errno, "set the bundle's clock");
  }
  const auto limit = Clock::now() + kPatience;
  while (confirmed_ < command.id && !end_ && Clock::now() < limit) {
    HITCH_CO_CHECK(co_await changed_.wait_until(limit));
  }
  if (confirmed_ >= command.id) co_return Done{};
  if (end_) co_return Error::because("hitch-clock " + end_->text());
  co_return Error::because("hitch-clock did not answer", Kind::kTimeout);
}

Task<Done> BundleTime::change(Change how) {
  HITCH_CO_CHECK(how(*clock_, real_now()));
  co_return co_await put_in_force();
}

Task<Done> BundleTime::hear() {
  for (;;) {
    const auto [ec] = co_await channel_.async_wait(channel_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for", "hitch-clock");
    for (;;) {
      ClockNews news;
      iovec part{&news, sizeof news};
      std::array<UniqueFd, kPacketFds> fds;
      const ssize_t n =
          receive_packet(channel_.native_handle(), std::span(&part, 1), fds, MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) break;
      if (n != static_cast<ssize_t>(sizeof news)) co_return Done{};  // await_end() says more
      if (news.kind == ClockNewsKind::kInForce) {
        confirmed_ = news.id;
        changed_.wake_all();
      } else if (on_news_) {
        on_news_(news);
      }
    }
  }
}

Task<Done> BundleTime::await_end() {
  const auto [ec] = co_await ended_.async_wait(ended_.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for", "hitch-clock");
  end_ = reap(process_).value_or(ExitStatus::signaled(SIGKILL));
  changed_.wake_all();
  if (!stopping_ && on_lost_) {
    on_lost_(Error::because("the bundle has lost its clock: hitch-clock " + end_->text()));
  }
  co_return Done{};
}

asio::awaitable<void> BundleTime::stop() {
  expect_end();
  (void)process_.send_signal(SIGKILL);
  const auto limit = Clock::now() + kPatience;
  while (!end_ && Clock::now() < limit) {
    const auto woken = co_await changed_.wait_until(limit);
    if (!woken) break;
  }
  co_await tasks_.stop();
}

}  // namespace hitch
