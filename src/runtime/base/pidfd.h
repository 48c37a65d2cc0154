#pragma once

#include <sys/types.h>

#include "runtime/base/fd.h"

namespace hitch {

/// A reference to one process that can never come to mean another one. pidfd_open(2)
class Pidfd {
 public:
  Pidfd() noexcept = default;
  explicit Pidfd(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  static Result<Pidfd> open(pid_t pid);

  int get() const noexcept { return fd_.get(); }
  bool is_open() const noexcept { return fd_.is_open(); }
  /// Its pid as the calling process sees it; 0 once it has been reaped. proc_pid_fdinfo(5)
  pid_t pid() const;
  /// Sends a signal; a process that has ended already counts as done. pidfd_send_signal(2)
  Status send_signal(int signal) const;

 private:
  UniqueFd fd_;
};

}  // namespace hitch
