#pragma once

#include <optional>
#include <vector>

#include "runtime/clock/posix_timers.h"
#include "runtime/clock/traced_task.h"

namespace hitch {

/// Sets the POSIX timers of one process anew after a travel, which nobody but the process can do:
/// a thread of it that stands still makes the system calls for us, and gets its registers back.
class TimerErrand {
 public:
  /// @param timers  are told what was set; outlive the errand
  TimerErrand(pid_t process, PosixTimers& timers, const ClockSetting& setting);

  enum class Progress {
    kGoesOn,     ///< the task runs, and will stop
    kDone,       ///< it stands where it stood when the errand began
    kBrokenOff,  ///< the same, but a signal came first: the errand has to be tried again
    kFailed,     ///< the task is out of reach, or dead
  };
  pid_t process() const noexcept { return process_; }
  bool has_begun() const noexcept { return step_ != Step::kNotBegun; }
  /// Another travel has come: the timers that were set have to be set once more.
  void start_over(const ClockSetting& setting);
  /// The task stands still, not at the beginning of a system call.
  Progress begin(const TracedTask& task);
  /// The task has stopped again.
  Progress go_on(const TracedTask& task, const TaskStop& stop);
  /// Whether the timer that is about to be set is still as it was.
  bool is_current() const;

 private:
  enum class Step {
    kNotBegun,
    kAsking,   ///< on the way into timer_gettime
    kAsked,    ///< in it
    kSetting,  ///< on the way into timer_settime
    kSet,      ///< in it
    kReturning
  };
  Progress ask(const TracedTask& task);
  Progress set(const TracedTask& task);
  Progress advance(const TracedTask& task);
  Progress put_back(const TracedTask& task, Progress progress);
  Progress call(const TracedTask& task, Step step, std::uint64_t number,
                const std::array<std::uint64_t, 4>& arguments);

  pid_t process_;
  PosixTimers* timers_;
  ClockSetting setting_;
  std::vector<int> due_;  ///< the last one is at work
  PosixTimer at_work_;    ///< as it was when it was asked for
  Step step_ = Step::kNotBegun;
  std::optional<CallRegisters> kept_;
  std::uint64_t caller_ = 0, scratch_ = 0;  ///< a system call instruction, and memory, of the task
  ClockTime asked_after_;
  PosixTimer next_;  ///< as it will be
};

}  // namespace hitch
