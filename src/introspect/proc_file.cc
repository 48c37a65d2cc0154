#include "introspect/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace hitch {

namespace {

constexpr std::size_t kFirstBufferBytes = 4096;

/// read(2) until the buffer is full or the file ends: a file of /proc comes in pieces.
Result<std::size_t> read_fully(int fd, const ProcPath& path, std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const auto n = ::read(fd, into.data() + filled, into.size() - filled);
    if (n == 0) break;
    if (n > 0) {
      filled += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      return Error::from_errno(errno, "read", path.view());
    }
  }
  return filled;
}

}  // namespace

ProcPath::ProcPath(pid_t pid, std::string_view name) noexcept {
  constexpr std::string_view kRoot = "/proc/";
  char* end = std::copy(kRoot.begin(), kRoot.end(), text_.data());
  end = std::to_chars(end, text_.data() + text_.size(), pid).ptr;  // 11 characters at most
  *end++ = '/';
  name = name.substr(0, kNameLimit);
  end = std::copy(name.begin(), name.end(), end);
  size_ = static_cast<std::size_t>(end - text_.data());
}

Result<UniqueFd> open_proc_file(pid_t pid, std::string_view name, int flags) {
  const ProcPath path(pid, name);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd.is_open()) return Error::from_errno(errno, "open", path.view());
  return fd;
}

Result<std::string_view> read_proc_file(pid_t pid, std::string_view name, std::span<char> buffer) {
  HITCH_TRY(const auto fd, open_proc_file(pid, name));
  HITCH_TRY(const auto size, read_fully(fd.get(), ProcPath(pid, name), buffer));
  return std::string_view(buffer.data(), size);
}

Result<std::string_view> read_proc_file(pid_t pid, std::string_view name, std::string& buffer,
                                        std::size_t limit_bytes) {
  HITCH_TRY(const auto fd, open_proc_file(pid, name));
  std::size_t filled = 0;
  for (std::size_t size = std::max(buffer.size(), kFirstBufferBytes);; size *= 2) {
    buffer.resize(std::min(size, limit_bytes));
    const std::span<char> rest(buffer.data() + filled, buffer.size() - filled);
    HITCH_TRY(const auto n, read_fully(fd.get(), ProcPath(pid, name), rest));
    filled += n;
    if (filled < buffer.size() || filled == limit_bytes) break;
  }
  return std::string_view(buffer.data(), filled);
}

}  // namespace hitch
