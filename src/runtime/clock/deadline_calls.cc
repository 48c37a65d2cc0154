#include "runtime/clock/deadline_calls.h"

#include <sys/syscall.h>
#include <time.h>

#include <algorithm>

namespace hitch {

std::optional<unsigned> time_argument(std::uint64_t number) noexcept {
  if (number == SYS_futex) return 3;
  if (number == SYS_clock_nanosleep || number == SYS_timer_settime) return 2;
  for (const auto& wait : kClockArgumentWaits) {
    if (wait.number == number) return wait.time;
  }
  return std::nullopt;
}

bool waits_for_wall_clock(std::uint64_t number,
                          std::span<const std::uint64_t, 6> arguments) noexcept {
  const auto time = time_argument(number);
  if (!time || arguments[*time] == 0) return false;
  const auto low = [&](unsigned index) { return static_cast<std::uint32_t>(arguments[index]); };
  if (number == SYS_timer_settime) return false;
  if (number == SYS_futex) return std::ranges::count(kFutexWaits, low(1) & kFutexMask) != 0;
  if (number == SYS_clock_nanosleep) {
    return (low(1) & TIMER_ABSTIME) != 0 && (low(0) == CLOCK_REALTIME || low(0) == CLOCK_TAI);
  }
  const auto wait = std::ranges::find(kClockArgumentWaits, number, &ClockArgumentWait::number);
  return !wait->clock || low(*wait->clock) == CLOCK_REALTIME;
}

}  // namespace hitch
