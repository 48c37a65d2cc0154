#include "runtime/base/pidfd.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <string>

#include "runtime/base/text.h"

namespace hitch {

Result<Pidfd> Pidfd::open(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.is_open()) return Error::from_errno(errno, "open process", std::to_string(pid));
  return Pidfd(std::move(fd));
}

pid_t Pidfd::pid() const {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(fd_.get());
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> buffer{};
  const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
  if (n <= 0) return 0;
  std::string_view text(buffer.data(), static_cast<std::size_t>(n));
  constexpr std::string_view kLabel = "\nPid:\t";
  const auto at = text.find(kLabel);
  if (at == text.npos) return 0;
  text.remove_prefix(at + kLabel.size());
  const auto number = parse_number<pid_t>(text.substr(0, text.find('\n')));
  return number && *number > 0 ? *number : 0;
}

Status Pidfd::send_signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) == 0 || errno == ESRCH) {
    return Done{};
  }
  return Error::from_errno(errno, "send signal", std::to_string(signal));
}

}  // namespace hitch
