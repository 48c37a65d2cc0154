#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "introspect/descriptors.h"
#include "introspect/parsers.h"
#include "introspect/proc_dir.h"
#include "introspect/process_error.h"
#include "introspect/process_text.h"
#include "introspect/process_types.h"
#include "runtime/base/pidfd.h"

namespace hitch::introspect {

/// What a Process keeps open, and what it has read within a oneshot(). What is returned is
/// borrowed, until the same is asked for again or the oneshot() ends.
class ProcessState {
 public:
  /// @param start_ticks  0: whoever has the pid now is the process
  ProcessState(pid_t pid, std::uint64_t start_ticks) noexcept
      : pid_(pid), start_ticks_(start_ticks) {}

  /// Its directory in /proc, known to be its own.
  Answer<const ProcDir*> directory();
  /// A reference to it for system calls, known to be to it.
  Answer<const Pidfd*> pidfd();

  Answer<const ProcStat*> stat();
  Answer<const ProcStatus*> status();
  Answer<const MemoryInfo*> memory();
  Answer<const std::vector<std::string>*> cmdline();
  Answer<const std::vector<Descriptor>*> descriptors();
  /// Any other file. A process of the kernel has some that cannot be read (ESRCH): those are empty.
  Answer<std::string_view> text(const char* name);

  /// Checks after a system call by pid alone that the pid was its own all the time.
  /// @param err  errno of the call, or 0
  Answer<Done> check_call(int err, const std::string& action);

  /// What was read of stat within a oneshot() is read anew.
  void forget_stat() noexcept { stat_.reset(); }

  void begin() noexcept { ++depth_; }
  void end() noexcept;

  /// The last cpu_percent().
  struct Mark {
    std::chrono::steady_clock::time_point time;
    double seconds = 0;
  };
  std::optional<Mark> mark;
  std::optional<int> exit_code;
  bool has_ended = false;

 private:
  bool keeps() const noexcept { return depth_ > 0; }
  Answer<Done> open_directory();

  pid_t pid_;
  std::uint64_t start_ticks_;
  ProcDir directory_;
  bool is_verified_ = false;
  Pidfd pidfd_;
  int depth_ = 0;

  std::string stat_text_, text_;
  std::optional<ProcStat> stat_;
  std::optional<ProcStatus> status_;
  std::optional<MemoryInfo> memory_;
  std::optional<std::vector<std::string>> cmdline_;
  std::optional<std::vector<Descriptor>> descriptors_;
};

}  // namespace hitch::introspect
