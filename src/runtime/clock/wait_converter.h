#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_layout.h"
#include "runtime/clock/posix_timers.h"
#include "runtime/clock/timer_errand.h"
#include "runtime/clock/traced_task.h"

namespace hitch {

/// Makes calls that wait until a time on the wall clock, or set a POSIX timer to one, wait for the
/// right time of the machine's, where nobody but the task itself can make them. The caller's own
/// structure is not touched, as other threads may look at it: the task is stopped for a moment,
/// makes the call again with a copy on its stack, and has its registers back after it. ptrace(2)
///
/// While a converted call lasts, its task is traced, so no debugger can take it. One that is traced
/// by somebody else is out of reach.
class WaitConverter {
 public:
  enum class Answer { kTaken, kOutOfReach };

  /// Takes a call that waits, and answers it.
  /// @return kOutOfReach if the task may not be traced: the call is not answered
  Answer take(const CallListener& listener, const HeldCall& call, const ClockSetting& setting);
  /// After a travel: those who wait in one of these processes start again, by the new setting, and
  /// their POSIX timers are set anew.
  /// @return the tasks that are out of reach, and so do not
  std::vector<pid_t> wait_again(std::span<const pid_t> processes, const ClockSetting& setting);
  /// To be called at each SIGCHLD: tasks that are traced have stopped, or are dead.
  void attend();
  /// Whether all whom wait_again() has meant have left their old wait, and their timers are set.
  bool all_wait_again() const noexcept;

 private:
  enum class Phase {
    kStopping,  ///< asked to stop where it was held
    kEntering,  ///< makes the converted call
    kHeld,      ///< in it, about to be held by the filter once more
    kWaiting,   ///< in it
    kLeaving,   ///< a wait that was not converted is to start again
  };
  struct Conversion {
    Conversion(TracedTask traced, Phase begin) noexcept : task(std::move(traced)), phase(begin) {}
    TracedTask task;
    Phase phase;
    std::uint64_t instruction = 0;
    unsigned time_argument = 0;
    std::uint64_t pointer = 0;            ///< to the caller's structure; back in its register later
    std::vector<std::byte> replacement;   ///< what the converted call gets instead
    bool again = false;                   ///< the travel has ended this wait, no signal has
    std::unique_ptr<TimerErrand> errand;  ///< what it has to do before it is let go
  };

  Answer take_known(const CallListener& listener, const HeldCall& call, Conversion& known);
  Answer take_wait(const CallListener& listener, const HeldCall& call, const ClockSetting& setting);
  Answer take_timer(const CallListener& listener, const HeldCall& call,
                    const ClockSetting& setting);
  Answer convert(const CallListener& listener, const HeldCall& call,
                 std::vector<std::byte> replacement);
  Conversion* find(pid_t tid) noexcept;
  bool leave_wait(pid_t tid);
  bool send_on_errand(pid_t process);
  /// These return false when the task is let go, or gone.
  bool attend_one(Conversion& conversion);
  bool attend_errand(Conversion& conversion, const TaskStop& stop);
  bool attend_stop(Conversion& conversion, const TaskStop& stop);
  bool enter(Conversion& conversion);
  static bool has_not_waited(const Conversion& conversion, const TaskStop& stop,
                             const CallRegisters& registers);
  bool leave(Conversion& conversion, const TaskStop& stop);

  /// Who has been let through to wait by the machine's time, and so may be on the way to sleep when
  /// a travel looks for sleepers. Stopping everybody who runs would break off other calls.
  void remember_passing(pid_t tid);
  static constexpr std::size_t kMostPassing = 4096;
  std::set<pid_t> passing_;
  PosixTimers timers_;
  ClockSetting setting_;           ///< as of the last travel
  std::vector<pid_t> unfinished_;  ///< processes whose errand a signal has broken off
  std::vector<Conversion> conversions_;
};

}  // namespace hitch
