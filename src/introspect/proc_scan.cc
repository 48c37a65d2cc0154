#include "introspect/proc_scan.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "introspect/directory_names.h"

namespace hitch {

namespace {

/// Longer than any line of stat: a name of 16 bytes and 50 numbers.
constexpr std::size_t kStatBytes = 2048;
constexpr std::size_t kPathBytes = 48;

/// "1234" and "stat" as "1234/stat". What does not fit is cut: there is no such file then.
std::array<char, kPathBytes> path_below(std::string_view directory, std::string_view name) {
  std::array<char, kPathBytes> path{};
  char* end =
      std::copy_n(directory.data(), std::min<std::size_t>(directory.size(), 16), path.data());
  *end++ = '/';
  std::copy_n(name.data(), std::min<std::size_t>(name.size(), 24), end);
  return path;
}

}  // namespace

Result<ProcScan> ProcScan::open() {
  UniqueFd fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return Error::from_errno(errno, "open directory", "/proc");
  return ProcScan(std::move(fd));
}

std::string_view ProcScan::read_at(const char* path, std::span<char> buffer) const {
  const UniqueFd file(::openat(fd_.get(), path, O_RDONLY | O_CLOEXEC));
  const auto n = file.is_open() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  return {buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

std::string_view ProcScan::read(pid_t pid, std::string_view name, std::span<char> buffer) const {
  std::array<char, 16> number;
  const auto end = std::to_chars(number.data(), number.data() + number.size(), pid).ptr;
  const auto path =
      path_below({number.data(), static_cast<std::size_t>(end - number.data())}, name);
  return read_at(path.data(), buffer);
}

Status ProcScan::visit_stats(const std::function<void(const ProcStat&)>& visit) const {
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return Error::from_errno(errno, "rewind", "/proc");
  std::array<char, kStatBytes> buffer;
  introspect::DirectoryNames names(fd_.get());
  while (const char* name = names.next_number()) {
    const auto path = path_below(name, "stat");
    // One read gives all of it: the kernel makes it in one go.
    if (const auto stat = parse_stat(read_at(path.data(), buffer))) visit(*stat);
  }
  if (names.err() != 0) return Error::from_errno(names.err(), "read directory", "/proc");
  return Done{};
}

}  // namespace hitch
