#pragma once

#include <string>

namespace hitch {

/// How a process ended: with a code, or by a signal. A value, never an Error. wait(2)
class ExitStatus {
 public:
  static ExitStatus exited(int code) noexcept { return ExitStatus(code, 0, false); }
  static ExitStatus signaled(int signal, bool core_dumped = false) noexcept {
    return ExitStatus(0, signal, core_dumped);
  }
  /// @param status  as waitpid(2) fills it in, of a process that has ended
  static ExitStatus from_wait(int status) noexcept;

  bool by_signal() const noexcept { return signal_ != 0; }
  int signal() const noexcept { return signal_; }
  /// The exit code, or 128+n for signal n, as a shell has it.
  int code() const noexcept { return by_signal() ? 128 + signal_ : code_; }
  /// "exited with code 3", "was killed by SIGSEGV (core dumped)".
  std::string text() const;

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;

 private:
  ExitStatus(int code, int signal, bool core_dumped) noexcept
      : code_(code), signal_(signal), core_dumped_(core_dumped) {}

  int code_;
  int signal_;
  bool core_dumped_;
};

}  // namespace hitch
