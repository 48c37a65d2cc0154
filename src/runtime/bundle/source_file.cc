#include "runtime/bundle/source_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
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
  // Without O_NONBLOCK a FIFO that nobody writes to would hold hitch up for ever; with it, reading
  // from one that somebody will write to, such as /dev/fd/63, would end at once.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open() || ::fcntl(file.get(), F_SETFL, 0) != 0) {
    return Error::from_errno(errno, "open", path.native()).with_kind(Kind::kUsage);
  }
  return read_descriptor(file.get(), path.native());
}

std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& cwd) {
  const auto relative = path.lexically_relative(cwd);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.native() : path.native();
}

}  // namespace hitch
