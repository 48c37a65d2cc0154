#pragma once

#include <string>
#include <string_view>

namespace hitch {

/// What sort of failure an Error is. It decides the exit code of the command line (docs/errors.md)
/// and, in the client libraries, the type of the exception.
enum class Kind {
  kEnvironment,  ///< hitch or the machine failed: a service died, a namespace was refused
  kUsage,        ///< a command line or a bundle file that cannot be carried out as it is written
  kTimeout,      ///< something did not happen in the time it was given
  kNotRunnable,  ///< a program exists but cannot be executed
  kNotFound,     ///< a program does not exist
  kInterrupted,  ///< a signal asked hitch to stop
};

/// Why something failed: what was being done, on what, errno in words, and at most one hint.
/// Reads as one sentence, outermost layer first:
/// "start service 'db': set up namespaces: mount '/proc': Operation not permitted".
class Error {
 public:
  /// A failure of a system call.
  /// @param err      errno as it was right after the call
  /// @param action   what was being done, as a verb: "open", "mount"
  /// @param subject  what it was done on; printed in quotes, control characters escaped; may be
  /// empty
  static Error from_errno(int err, std::string_view action, std::string_view subject = {});
  /// A failure that has no errno.
  static Error because(std::string text, Kind kind = Kind::kEnvironment);

  /// Adds the phrase of an outer layer in front: Error("x").within("start service 'db'").
  Error within(std::string_view phrase) &&;
  Error with_kind(Kind kind) &&;
  /// Sets what the reader can do about it. An inner layer knows best: a hint that is set stays.
  Error with_hint(std::string hint) &&;

  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  Kind kind() const noexcept { return kind_; }
  /// errno of the system call that failed, or 0.
  int err() const noexcept { return err_; }

 private:
  Error(std::string message, Kind kind, int err);

  std::string message_;
  std::string hint_;
  Kind kind_;
  int err_;
};

/// errno in words, as strerror(3) has it in the C locale: "No such file or directory".
std::string errno_text(int err);

/// `text` in single quotes, with control characters and quotes escaped, cut at 200 bytes: a name
/// chosen by somebody else cannot forge or garble a message.
std::string in_quotes(std::string_view text);

}  // namespace hitch
