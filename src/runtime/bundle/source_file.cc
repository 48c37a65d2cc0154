#include "runtime/bundle/source_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/bundle/reader.h"

namespace hitch {

Result<std::string> read_descriptor(int fd, const std::string& name) {
  constexpr std::size_t kChunk = 8UL * 1024;  // most files are smaller: each page costs
  std::string bytes;
  while (bytes.size() <= kMaxFileBytes) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kChunk);
    const auto got = ::read(fd, bytes.data() + before, kChunk);
    const int err = errno;
    bytes.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) break;
    if (got < 0 && err != EINTR)
      return Error::from_errno(err, "read", name).with_kind(Kind::kUsage);
  }
  return bytes;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  // Without O_NONBLOCK, although a FIFO that nobody writes to holds hitch up then: with it, one
  // whose writer comes later would read as empty. Ctrl-C ends the wait.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) {
    return Error::from_errno(errno, "open", path.native()).with_kind(Kind::kUsage);
  }
  return read_descriptor(file.get(), path.native());
}

bool is_stream(const std::filesystem::path& path) {
  const auto plain = path.lexically_normal();
  const auto parent = plain.parent_path();
  // By its name, as behind /dev/fd/3 may be a regular file that somebody opened elsewhere.
  if (plain == "/dev/stdin" || parent == "/dev/fd" || parent == "/proc/self/fd") return true;
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_fifo(status) || std::filesystem::is_character_file(status) ||
         std::filesystem::is_socket(status);
}

std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& cwd) {
  const auto relative = path.lexically_relative(cwd);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.native() : path.native();
}

}  // namespace hitch
