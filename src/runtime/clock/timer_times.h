#pragma once

#include <time.h>

#include <algorithm>

#include "runtime/clock/clock_page.h"

namespace hitch {

// The times that kernel timers are armed with on behalf of a bundle. A frozen clock never gets to
// what is ahead of it, but a timer wants a time: one that is so far off that it stands for never,
// and from which the bundle's time can be told again when the clock goes on.

inline constexpr int64_t kNeverSecond = 4'600'000'000;  // 2115; the kernel's timers end in 2262

/// When to arm a timer that is to go off at `fake`.
inline ClockTime time_to_arm(const ClockSetting& setting, ClockTime fake) noexcept {
  if (const auto real = real_from_fake(setting, fake)) return *real;
  return {std::min(fake.sec, kNeverSecond) + kNeverSecond, fake.nsec};
}

/// What a timer was to go off at that is armed for `real`.
inline ClockTime fake_of_armed(const ClockSetting& setting, ClockTime real) noexcept {
  if (setting.mode != ClockMode::kFrozen) return fake_from_real(setting, real);
  return real.sec >= kNeverSecond ? ClockTime{real.sec - kNeverSecond, real.nsec}
                                  : setting.fake_anchor;
}

/// How far International Atomic Time is ahead of the machine's clock: whole seconds, often unset.
inline std::int64_t tai_offset() noexcept {
  timespec tai{};
  if (::clock_gettime(CLOCK_TAI, &tai) != 0) return 0;
  return difference({tai.tv_sec, tai.tv_nsec}, difference(real_now(), {0, 500'000'000})).sec;
}

inline bool is_valid(const timespec& time) noexcept {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kNanosPerSecond;
}

/// Whether the kernel would take it and start the timer: neither an error nor the end of one.
inline bool is_armed_and_valid(const itimerspec& wanted) noexcept {
  const bool armed = wanted.it_value.tv_sec != 0 || wanted.it_value.tv_nsec != 0;
  return armed && is_valid(wanted.it_value) && is_valid(wanted.it_interval);
}

inline timespec time_for(const ClockSetting& setting, const timespec& wanted) noexcept {
  const ClockTime real = time_to_arm(setting, {wanted.tv_sec, wanted.tv_nsec});
  return {real.sec, real.nsec};
}

inline itimerspec timer_for(const ClockSetting& setting, const itimerspec& wanted) noexcept {
  return {wanted.it_interval, time_for(setting, wanted.it_value)};
}

}  // namespace hitch
