#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>

#include "runtime/base/fd.h"

namespace hitch {

/// A system call that a task has made and that waits for an answer: pid (as this process sees it),
/// number, arguments, and where in the program it was. seccomp_unotify(2)
using HeldCall = seccomp_notif;

/// The end of a system call filter that hears of calls and answers them. An answer to a call that
/// nobody waits for any more is not an error: a signal has ended it, or the task is dead.
class CallListener {
 public:
  /// Takes the descriptor that seccomp(2) returned with SECCOMP_FILTER_FLAG_NEW_LISTENER.
  explicit CallListener(UniqueFd fd) noexcept;

  int fd() const noexcept { return fd_.get(); }
  /// Takes the next call.
  /// @return nothing if there is none after all, with errno ENOENT, EINTR or EAGAIN; another errno
  ///         means that the listener itself has failed
  std::optional<HeldCall> receive() const noexcept;
  /// Whether the task is still in that call: if so, what was opened by its number is really its.
  bool still_waits(const HeldCall& call) const noexcept;

  /// The kernel carries the call out after all, with the arguments that the task gave.
  void let_through(const HeldCall& call) const noexcept;
  /// The call returns `value` without being carried out.
  void answer(const HeldCall& call, std::int64_t value) const noexcept;
  /// The call fails with `err`.
  void refuse(const HeldCall& call, int err) const noexcept;
  /// The call returns the number of a new, close-on-exec descriptor for the same open file as `fd`.
  /// @return 0 or errno, for example EMFILE; then the call waits still
  int answer_with_fd(const HeldCall& call, int fd) const noexcept;

 private:
  void send(const HeldCall& call, std::int64_t value, int err, std::uint32_t flags) const noexcept;
  UniqueFd fd_;
};

}  // namespace hitch
