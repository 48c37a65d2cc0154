#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_layout.h"
#include "runtime/clock/traced_task.h"

namespace hitch {

/// Makes calls that wait until a time on the wall clock, inside of the task where nobody else can
/// make them, wait for the right time of the machine's: futex(2) and timer_settime(2). The caller's
/// own structure is not touched, as other threads may look at it: the task is stopped for a moment,
/// makes the call again with a copy on its stack, and has its registers back after it. ptrace(2)
///
/// While a converted call lasts, its task is traced, so no debugger can take it. One that is traced
/// by somebody else waits by the machine's time.
class WaitConverter {
 public:
  enum class Answer { kTaken, kOutOfReach };

  /// Takes a futex or timer_settime call, and answers it.
  /// @return kOutOfReach if the task may not be traced: the call goes by the machine's time
  Answer take(const CallListener& listener, const HeldCall& call, const ClockSetting& setting);
  /// After a travel: those who wait in one of these processes start again, by the new setting.
  void wait_again(std::span<const pid_t> processes);
  /// To be called at each SIGCHLD: tasks that are traced have stopped, or are dead.
  void attend();
  /// Whether all whom wait_again() has meant have left their old wait.
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
    std::uint64_t pointer = 0;           ///< to the caller's structure; back in its register later
    std::vector<std::byte> replacement;  ///< what the converted call gets instead
    bool again = false;                  ///< the travel has ended this wait, no signal has
  };

  void start(const CallListener& listener, const HeldCall& call, TracedTask task,
             std::vector<std::byte> replacement);
  Conversion* find(pid_t tid) noexcept;
  void leave_wait(pid_t tid);
  /// These return false when the task is let go, or gone.
  bool attend_one(Conversion& conversion);
  bool enter(Conversion& conversion);
  bool leave(Conversion& conversion, int signal);

  /// Who has been let through to wait by the machine's time, and so may be on the way to sleep when
  /// a travel looks for sleepers. Stopping everybody who runs would break off other calls.
  void remember_passing(pid_t tid);
  static constexpr std::size_t kMostPassing = 4096;
  std::set<pid_t> passing_;
  std::vector<Conversion> conversions_;
};

}  // namespace hitch
