#pragma once

#include <string>
#include <string_view>

#include "introspect/process_error.h"
#include "runtime/base/fd.h"

namespace hitch::introspect {

/// The open directory /proc/<pid>. It stays that of the process which had the pid when it was
/// opened: once that has been reaped nothing in it can be opened any more, whoever has the pid
/// then. So what is read through it is never another process's. proc(5)
class ProcDir {
 public:
  ProcDir() noexcept = default;
  static Answer<ProcDir> open(pid_t pid);

  bool is_open() const noexcept { return fd_.is_open(); }
  pid_t pid() const noexcept { return pid_; }
  int fd() const noexcept { return fd_.get(); }
  /// Whether the process has not been reaped. A zombie has not.
  bool exists() const noexcept;

  /// Reads a whole file into `buffer`, which keeps its memory from call to call.
  /// @return what was read, borrowed from `buffer`
  Answer<std::string_view> read(const char* name, std::string& buffer) const;
  /// Opens something in it.
  /// @param flags  added to O_CLOEXEC, for example O_RDONLY | O_DIRECTORY
  Answer<UniqueFd> open_at(const char* name, int flags) const;
  /// What a link says; cut at its first NUL.
  Answer<std::string> link(const char* name) const;

  /// Whether a path exists as the process sees files.
  bool has_path(const std::string& path) const;
  /// Takes " (deleted)" from the end of a path, unless that is its name. proc_pid_exe(5)
  void strip_deleted(std::string& path) const;

  /// What a failed system call means for this process.
  /// @param err  its errno
  ProcessError failure(int err, const std::string& action) const;

 private:
  enum class Life { kLives, kEnds, kGone };
  ProcDir(UniqueFd fd, pid_t pid) noexcept : fd_(std::move(fd)), pid_(pid) {}

  Life life() const noexcept;

  UniqueFd fd_;
  pid_t pid_ = 0;
};

/// Whether there is a process with this pid, whatever /proc says: mounted with hidepid it does not
/// show, or has no files for, processes of others. proc(5)
bool is_hidden(pid_t pid) noexcept;

/// Reads the rest of a file into `buffer`.
/// @param filled  bytes that are in it
/// @return 0, or errno of read(2)
int read_rest(int fd, std::string& buffer, std::size_t& filled);

}  // namespace hitch::introspect
