#include "runtime/clock/clock_responder.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "runtime/base/packet.h"
#include "runtime/clock/raw_reads.h"

namespace hitch {

Result<ClockResponder> ClockResponder::create(UniqueFd listener, UniqueFd channel, ClockPage page) {
  HITCH_TRY(auto hook, ExecHook::create());
  return ClockResponder(std::move(listener), std::move(channel), std::move(page), std::move(hook));
}

ClockResponder::ClockResponder(UniqueFd listener, UniqueFd channel, ClockPage page, ExecHook hook)
    : listener_(std::move(listener)),
      channel_(std::move(channel)),
      page_(std::move(page)),
      hook_(std::move(hook)) {}

Status ClockResponder::run() {
  for (;;) {
    std::array waited{pollfd{listener_.fd(), POLLIN, 0}, pollfd{channel_.get(), POLLIN, 0}};
    const int ready = ::poll(waited.data(), waited.size(), -1);
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "wait for clock calls");
    if ((waited[0].revents & POLLIN) != 0) answer_call();
    if (waited[1].revents != 0 && !take_command()) return Done{};
    if ((waited[0].revents & (POLLHUP | POLLERR)) != 0) return Done{};
  }
}

void ClockResponder::answer_call() {
  if (const auto call = listener_.receive()) answer(*call);
}

void ClockResponder::answer(const HeldCall& call) {
  switch (call.data.nr) {
    case SYS_brk:
    case SYS_arch_prctl:
      return tell(call, hook_.start(listener_, call));
    case SYS_close:
      if (static_cast<std::uint32_t>(call.data.args[0]) == kCloseToGetPage) {
        return tell(call, hook_.give_page(listener_, call, page_.fd()));
      }
      return tell(call, hook_.set_page(listener_, call));
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_time:
      return answer_raw_read(listener_, call, hook_.origin(call), page_.setting());
    default:
      return listener_.let_through(call);
  }
}

void ClockResponder::tell(const HeldCall& call, const HookResult& result) {
  ClockNews news;
  if (result.outcome == HookOutcome::kSlow) {
    news.kind = ClockNewsKind::kSlow;
  } else if (result.outcome == HookOutcome::kUntouched) {
    news.kind = ClockNewsKind::kUntouched;
  } else {
    return;
  }
  news.pid = static_cast<std::int32_t>(call.pid);
  news.err = result.err;
  std::string_view(result.step)
      .substr(0, news.step.size() - 1)
      .copy(news.step.data(), news.step.size() - 1);
  const iovec part{&news, sizeof news};
  // Not at the price of waiting: programs wait for us.
  (void)send_packet(channel_.get(), std::span(&part, 1), {}, MSG_DONTWAIT);
}

/// @return false when the other end is gone
bool ClockResponder::take_command() {
  ClockCommand command;
  iovec part{&command, sizeof command};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(channel_.get(), std::span(&part, 1), fds, MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return false;
  if (n != static_cast<ssize_t>(sizeof command)) return true;
  page_.publish(command.setting);
  ClockNews news;
  news.kind = ClockNewsKind::kInForce;
  news.id = command.id;
  const iovec answer{&news, sizeof news};
  return send_packet(channel_.get(), std::span(&answer, 1), {}) > 0;
}

}  // namespace hitch
