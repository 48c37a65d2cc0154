#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch::introspect {

/// Why a question about a process has no answer. The first four are psutil's exceptions.
enum class ProcessErrorKind {
  kNoSuchProcess,    ///< it has ended and been reaped, or never was; whoever has its pid now is
                     ///< another one
  kAccessDenied,     ///< it exists, and the caller may not know or do this
  kZombieProcess,    ///< it has ended or is just ending, nobody has reaped it, and it has no such
                     ///< thing any more
  kTimeoutExpired,   ///< it had not ended in time
  kInvalidArgument,  ///< there is no such value
  kOther,            ///< anything else: no descriptors left, /proc is not mounted…
};

/// "NoSuchProcess": psutil's word for it.
std::string_view kind_word(ProcessErrorKind kind) noexcept;

/// A failure of a Process. Reads as a sentence: "process 1234: read 'io': Permission denied".
class ProcessError {
 public:
  /// @param err     errno, or 0
  /// @param action  what was being done: "read 'io'"
  ProcessError(ProcessErrorKind kind, pid_t pid, int err, const std::string& action);

  ProcessErrorKind kind() const noexcept { return kind_; }
  pid_t pid() const noexcept { return pid_; }
  /// errno of the system call that failed, or 0.
  int err() const noexcept { return err_; }
  const std::string& message() const noexcept { return message_; }
  /// The same for those who tell no kinds apart.
  Error error() const;

 private:
  ProcessErrorKind kind_;
  pid_t pid_;
  int err_;
  std::string message_;
};

/// What a Process gives back: a value, or why there is none.
template <typename T>
using Answer = Result<T, ProcessError>;

}  // namespace hitch::introspect
