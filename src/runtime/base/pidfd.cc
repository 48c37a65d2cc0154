#include "runtime/base/pidfd.h"

#include <sys/syscall.h>

#include <cerrno>
#include <string>

namespace hitch {

Result<Pidfd> Pidfd::open(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.is_open()) return Error::from_errno(errno, "open process", std::to_string(pid));
  return Pidfd(std::move(fd));
}

Status Pidfd::send_signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) == 0 || errno == ESRCH) {
    return Done{};
  }
  return Error::from_errno(errno, "send signal", std::to_string(signal));
}

}  // namespace hitch
