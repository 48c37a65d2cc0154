#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/pidfd.h"

namespace hitch {

/// The `hitch` to use: that of HITCH_BINARY, else the one in PATH, else the one that was installed
/// with this library.
/// @return an Error that says what to do, if there is none
Result<std::string> hitch_program();

/// What a program that is to be started gets.
struct ChildPlan {
  std::vector<std::string> argv{};
  std::filesystem::path directory{};  ///< empty: that of the caller
  int in = -1, out = -1, err = -1;    ///< -1: in is /dev/null, out and err are those of the caller
  int as_fd_3 = -1;                   ///< -1: none
};

/// A program that this process has started: in a session of its own, since Ctrl-C is for the test,
/// which decides what comes of it. Ending it is for whoever holds this.
class ChildProgram {
 public:
  /// posix_spawn(3): nothing of a test with threads and sanitizers is copied.
  static Result<ChildProgram> start(const ChildPlan& plan);

  pid_t pid() const noexcept { return pid_; }
  /// Its exit code once it has ended, 128 + n for signal n, -1 if the test has reaped it; nothing
  /// at the deadline.
  std::optional<int> wait(const Deadline& deadline);
  void send_signal(int signal) const;
  /// Ends it at once, and reaps it.
  void kill();

 private:
  ChildProgram(pid_t pid, Pidfd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  Pidfd pidfd_;
  std::optional<int> exit_code_;
};

}  // namespace hitch
