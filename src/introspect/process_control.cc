#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "introspect/process.h"
#include "introspect/process_state.h"

namespace hitch::introspect {

namespace {

using Clock = std::chrono::steady_clock;

/// poll(2) until the process has ended.
/// @return 0, or ETIME, or errno
int await_end(int pidfd, std::optional<Clock::time_point> deadline) {
  for (;;) {
    int wait_ms = -1;
    if (deadline) {
      const std::chrono::duration<double, std::milli> left = *deadline - Clock::now();
      constexpr double kMostMs = 1e9;  // poll counts in an int; it is asked again
      wait_ms = static_cast<int>(std::ceil(std::clamp(left.count(), 0.0, kMostMs)));
    }
    pollfd waited{.fd = pidfd, .events = POLLIN, .revents = 0};
    const int count = ::poll(&waited, 1, wait_ms);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return errno;
    if (deadline && Clock::now() >= *deadline) return ETIME;
  }
}

/// Reaps a child.
/// @return nothing if it is none of ours, or somebody else of this process has reaped it
std::optional<int> reap(int pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) != 0) {
    if (errno != EINTR) return std::nullopt;
  }
  return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}

}  // namespace

Answer<Done> Process::send_signal(int signal) const {
  HITCH_TRY(const auto* pidfd, state_->pidfd());
  if (::syscall(SYS_pidfd_send_signal, pidfd->get(), signal, nullptr, 0) == 0) return Done{};
  return state_->check_call(errno, "send it signal " + std::to_string(signal));
}

Answer<std::optional<int>> Process::wait(
    std::optional<std::chrono::duration<double>> timeout) const {
  if (state_->has_ended) return state_->exit_code;
  std::optional<Clock::time_point> deadline;
  if (timeout) deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(*timeout);
  const auto pidfd = state_->pidfd();
  if (!pidfd) {
    if (pidfd.error().kind() != ProcessErrorKind::kNoSuchProcess) return pidfd.error();
    state_->has_ended = true;
    return std::optional<int>();
  }
  const int err = await_end((*pidfd)->get(), deadline);
  if (err == ETIME) {
    return ProcessError(ProcessErrorKind::kTimeoutExpired, pid_, 0, "wait for its end");
  }
  if (err != 0) return ProcessError(ProcessErrorKind::kOther, pid_, err, "wait for its end");
  state_->exit_code = reap((*pidfd)->get());
  state_->has_ended = true;
  return state_->exit_code;
}

}  // namespace hitch::introspect
