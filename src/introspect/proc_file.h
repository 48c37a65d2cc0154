#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Path of a file below /proc/<pid>, made without allocation. proc(5)
class ProcPath {
 public:
  /// @param name  at most kNameLimit bytes; what is beyond is cut
  ProcPath(pid_t pid, std::string_view name) noexcept;

  const char* c_str() const noexcept { return text_.data(); }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

  static constexpr std::size_t kNameLimit = 40;

 private:
  std::array<char, kNameLimit + 20> text_{};
  std::size_t size_ = 0;
};

/// Opens a file below /proc/<pid> for reading.
/// @param flags  added to O_RDONLY | O_CLOEXEC, for example O_DIRECTORY
/// @return an Error whose err() is open(2)'s errno: ENOENT if there is no such process
Result<UniqueFd> open_proc_file(pid_t pid, std::string_view name, int flags = 0);

/// Reads the beginning of /proc/<pid>/<name>, as much as fits in `buffer`. For files of bounded
/// length, such as stat.
/// @return what was read, borrowed from `buffer`; an Error whose err() is open(2)'s or read(2)'s
///         errno: ENOENT and ESRCH mean that there is no such process any more
Result<std::string_view> read_proc_file(pid_t pid, std::string_view name, std::span<char> buffer);

/// Reads all of /proc/<pid>/<name>, at most `limit_bytes`, into `buffer`, which grows as it needs
/// to and keeps its memory from call to call. For files of any length, such as net/tcp.
/// @return what was read, borrowed from `buffer`; errors as above
Result<std::string_view> read_proc_file(pid_t pid, std::string_view name, std::string& buffer,
                                        std::size_t limit_bytes);

}  // namespace hitch
