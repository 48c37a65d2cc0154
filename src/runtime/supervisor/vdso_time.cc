#include "runtime/supervisor/vdso_time.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/base/packet.h"
#include "runtime/base/patience.h"
#include "runtime/base/text.h"
#include "runtime/process/helper.h"

namespace hitch {

namespace {

/// A change is in force after some microseconds, and confirmed after some milliseconds.
constexpr Milliseconds kPatience{10'000};

/// "'java' (process 123) sees the machine's time: …"
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

}  // namespace

VdsoTime::VdsoTime(const asio::any_io_executor& executor, BundleClock clock, Pidfd process,
                   UniqueFd channel, UniqueFd ended, UniqueFd last_words)
    : BundleTime(clock),
      process_(std::move(process)),
      last_words_(std::move(last_words)),
      channel_(executor, channel.release()),
      ended_(executor, ended.release()),
      changed_(executor),
      tasks_(executor) {
  tasks_.spawn(hear());
  tasks_.spawn(await_end());
}

Result<std::unique_ptr<VdsoTime>> VdsoTime::start(const asio::any_io_executor& executor,
                                                  Request request) {
  HITCH_TRY(auto sockets, SocketPair::create());
  HITCH_TRY(const auto theirs, duplicate(sockets.theirs.get()));
  HITCH_TRY(const auto listener, duplicate(request.listener.get()));
  UniqueFd last_words(::memfd_create("hitch-clock stderr", MFD_CLOEXEC));
  if (!last_words.is_open()) return Error::from_errno(errno, "create a file in memory");
  HITCH_TRY(const auto its_stderr, duplicate(last_words.get()));
  std::vector<std::string> arguments{"hitch-clock", std::to_string(request.init_pid),
                                     std::to_string(request.user), std::to_string(request.group)};
  if (request.exceptions) arguments.emplace_back("exceptions");
  HITCH_TRY(auto process, start_helper(request.program, arguments,
                                       {theirs.get(), listener.get(), its_stderr.get()}));
  HITCH_TRY(auto ended, duplicate(process.get()));
  return std::make_unique<VdsoTime>(executor, request.clock, std::move(process),
                                    std::move(sockets.ours), std::move(ended),
                                    std::move(last_words));
}

Task<Done> VdsoTime::put_in_force() {
  return put_in_force(setting());
}

Task<Done> VdsoTime::put_in_force(ClockSetting setting) {
  ClockCommand command;
  command.id = ++asked_;
  command.setting = setting;
  const iovec part{&command, sizeof command};
  if (send_packet(channel_.native_handle(), std::span(&part, 1), {}, MSG_DONTWAIT) < 0) {
    co_return Error::from_errno(errno, "set the bundle's clock");
  }
  Patience limit(kPatience);
  while (confirmed_ < command.id && !end_ && !limit.is_over()) {
    HITCH_CO_CHECK(co_await changed_.wait_until(limit.when()));
  }
  if (confirmed_ >= command.id) co_return Done{};
  if (end_) co_return why_it_ended("");
  co_return Error::because("hitch-clock did not answer: the change comes as soon as it does",
                           Kind::kTimeout);
}

Task<Done> VdsoTime::hear() {
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
      } else {
        notice(text_of(news));
      }
    }
  }
}

Task<Done> VdsoTime::await_end() {
  const auto [ec] = co_await ended_.async_wait(ended_.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for", "hitch-clock");
  end_ = reap(process_).value_or(ExitStatus::signaled(SIGKILL));
  changed_.wake_all();
  if (!stopping_) lose(why_it_ended("the bundle has lost its clock: "));
  co_return Done{};
}

Error VdsoTime::why_it_ended(std::string what) const {
  what += "hitch-clock " + end_->text();
  std::array<char, 1024> words{};
  const ssize_t n = ::pread(last_words_.get(), words.data(), words.size(), 0);
  if (n > 0) what.append(": ").append(words.data(), static_cast<std::size_t>(n));
  return Error::because(std::move(what));
}

asio::awaitable<void> VdsoTime::stop() {
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
