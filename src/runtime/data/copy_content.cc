#include "runtime/data/copy_content.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace hitch {

namespace {

/// Between two looks at whether to stop.
constexpr std::uint64_t kPieceBytes = 16 << 20;
constexpr std::size_t kBufferBytes = 256 * 1024;

/// File systems and filters refuse copy_file_range in their own ways; all mean "not like this".
bool is_refusal(int err) {
  return err == EXDEV || err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == EPERM;
}

int write_at(int out, const char* bytes, std::size_t size, off_t at) {
  while (size > 0) {
    const ssize_t n = ::pwrite(out, bytes, size, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes += n, at += n, size -= static_cast<std::size_t>(n);
  }
  return 0;
}

/// Copies [from, to) through memory.
int copy_through_memory(int in, int out, off_t from, off_t to, const std::stop_token& stop) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (from < to) {
    if (stop.stop_requested()) return ECANCELED;
    const auto want = std::min<std::uint64_t>(kBufferBytes, static_cast<std::uint64_t>(to - from));
    const ssize_t n = ::pread(in, buffer.get(), want, from);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return 0;  // it has become shorter
    if (const int err = write_at(out, buffer.get(), static_cast<std::size_t>(n), from); err != 0) {
      return err;
    }
    from += n;
  }
  return 0;
}

/// Copies [from, to) inside the kernel, or through memory where that is refused.
int copy_range(int in, int out, off_t from, off_t to, const std::stop_token& stop) {
  off_t write_to = from;
  while (from < to) {
    if (stop.stop_requested()) return ECANCELED;
    const auto want = std::min<std::uint64_t>(kPieceBytes, static_cast<std::uint64_t>(to - from));
    const ssize_t n = ::copy_file_range(in, &from, out, &write_to, want, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && !is_refusal(errno)) return errno;
    // Some kernels answer 0 for files of pseudo file systems, which have content all the same.
    if (n <= 0) return copy_through_memory(in, out, from, to, stop);
  }
  return 0;
}

/// The next range that is no hole, from `at` on. A file system that knows no holes has one range.
/// @return false: there is none
bool next_data(int in, off_t at, off_t size, off_t& from, off_t& to) {
  from = ::lseek(in, at, SEEK_DATA);
  if (from < 0 && errno == ENXIO) return false;
  to = from < 0 ? -1 : ::lseek(in, from, SEEK_HOLE);
  if (from < 0) from = at;
  if (to < 0) to = size;
  return from < size;
}

}  // namespace

int copy_content(int in, int out, std::uint64_t size, const std::stop_token& stop,
                 CopiedBytes& count) {
  if (size == 0) return 0;
  if (::ioctl(out, FICLONE, in) == 0) {
    count.shared += size;
    return 0;
  }
  const auto end = static_cast<off_t>(size);
  off_t from = 0, to = 0;
  for (off_t at = 0; at < end && next_data(in, at, end, from, to); at = to) {
    if (const int err = copy_range(in, out, from, to, stop); err != 0) return err;
    count.copied += static_cast<std::uint64_t>(to - from);
  }
  return ::ftruncate(out, end) == 0 ? 0 : errno;  // a hole at the end
}

}  // namespace hitch
