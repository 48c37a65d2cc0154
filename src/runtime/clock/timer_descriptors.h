#pragma once

#include <span>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_layout.h"

namespace hitch {

/// Answers a timerfd_settime(2) with TFD_TIMER_ABSTIME: sets the same timer to the time on the
/// machine's clock that the caller means. Other clocks than the wall clock are the kernel's affair.
void set_timer_descriptor(const CallListener& listener, const HeldCall& call,
                          const ClockSetting& setting);

/// The timer descriptors of some processes that wait for a time on the wall clock, taken before a
/// travel to be set anew after it. Duplicates must not live on: they would keep a timer going that
/// its owner has closed.
class ArmedTimers {
 public:
  static ArmedTimers of(std::span<const pid_t> processes);
  /// @param before  the setting in force when they were armed
  /// @param after   the one in force now
  void rearm(const ClockSetting& before, const ClockSetting& after) const;

 private:
  struct Timer {
    UniqueFd fd;
    int flags = 0;
    ClockTime real, interval;  ///< when it goes off, on the machine's clock
  };
  std::vector<Timer> timers_;
};

}  // namespace hitch
