#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_layout.h"

namespace hitch {

/// Those who sleep until a time on the bundle's wall clock: clock_nanosleep(2) with TIMER_ABSTIME.
/// Their calls are held, and answered when the bundle's clock has got there, by itself or by a
/// travel. A signal ends a held call as it would end a sleep.
class HeldSleeps {
 public:
  /// Takes a sleep, or answers it at once: one that is over, or that the kernel has to refuse.
  void take(const CallListener& listener, const HeldCall& call, const ClockSetting& setting);
  /// Wakes those whose time has come, and forgets those who sleep no more.
  void wake(const CallListener& listener, const ClockSetting& setting);
  /// When to wake the next one, on the machine's clock; nothing if nobody's time comes by itself.
  std::optional<ClockTime> next(const ClockSetting& setting) const noexcept;

 private:
  struct Sleeper {
    HeldCall call;
    ClockTime deadline;  ///< on the bundle's clock
  };
  static constexpr std::size_t kFewSleepers = 64;
  std::vector<Sleeper> sleepers_;
  std::size_t look_at_ = kFewSleepers;  ///< how many there may be before the dead are looked for
};

}  // namespace hitch
