#pragma once

#include "runtime/clock/clock_layout.h"

namespace hitch {

// From the machine's time to the bundle's and back. Whole numbers only, no library and no division
// of 128 bits on the way there: the code inside of programs uses it too.

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;

constexpr ClockTime sum(ClockTime a, ClockTime b) noexcept {
  ClockTime total{a.sec + b.sec, a.nsec + b.nsec};
  if (total.nsec >= kNanosPerSecond) {
    total.nsec -= kNanosPerSecond;
    ++total.sec;
  }
  return total;
}

constexpr ClockTime difference(ClockTime a, ClockTime b) noexcept {
  ClockTime rest{a.sec - b.sec, a.nsec - b.nsec};
  if (rest.nsec < 0) {
    rest.nsec += kNanosPerSecond;
    --rest.sec;
  }
  return rest;
}

/// `span` times a rate of 32.32 bits, at most 2 ns less than exact. Never decreases as `span`
/// grows: just before a whole second two roundings take away, and right after it only one.
constexpr ClockTime scaled(ClockTime span, uint64_t rate) noexcept {
  __extension__ using Wide = __int128;
  __extension__ using WideUnsigned = unsigned __int128;
  const Wide seconds = Wide{span.sec} * Wide{rate};
  const uint64_t fraction = static_cast<uint64_t>(seconds) & 0xffffffffU;
  uint64_t nanos = (fraction * static_cast<uint64_t>(kNanosPerSecond)) >> 32;
  nanos += static_cast<uint64_t>((WideUnsigned{static_cast<uint64_t>(span.nsec)} * rate) >> 32);
  const uint64_t carry = nanos / static_cast<uint64_t>(kNanosPerSecond);
  return {static_cast<int64_t>(seconds >> 32) + static_cast<int64_t>(carry),
          static_cast<int64_t>(nanos - carry * static_cast<uint64_t>(kNanosPerSecond))};
}

/// Which of the machine's clocks to read when a program wants to know `clock`. The coarse one is a
/// few milliseconds late, which a rate would make seconds.
inline constexpr int kClockRealtime = 0, kClockRealtimeCoarse = 5;
constexpr int clock_to_read(const ClockSetting& setting, int clock) noexcept {
  const bool coarse_will_do = setting.mode != ClockMode::kRate;
  return clock == kClockRealtimeCoarse && !coarse_will_do ? kClockRealtime : clock;
}

/// What the bundle's clock shows when the machine's shows `real`.
constexpr ClockTime fake_from_real(const ClockSetting& setting, ClockTime real) noexcept {
  if (setting.mode == ClockMode::kReal) return real;
  if (setting.mode == ClockMode::kShift) return sum(real, setting.shift);
  if (setting.mode == ClockMode::kFrozen) return setting.fake_anchor;
  return sum(setting.fake_anchor, scaled(difference(real, setting.real_anchor), setting.rate));
}

/// The same for a reading of clock_to_read(): the coarse clock shows the time of its last tick, 10
/// ms ago at most, which a travel that was since then has to be part of. As after settimeofday(2).
constexpr ClockTime fake_reading(const ClockSetting& setting, int clock, ClockTime real) noexcept {
  constexpr int64_t kLatest = 20'000'000;
  const ClockTime fake = fake_from_real(setting, real);
  if (clock != kClockRealtimeCoarse || setting.mode != ClockMode::kShift) return fake;
  const ClockTime late = difference(setting.fake_anchor, fake);
  return late.sec == 0 && late.nsec <= kLatest ? setting.fake_anchor : fake;
}

}  // namespace hitch
