#pragma once

#include <asm/unistd.h>
#include <linux/futex.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace hitch {

// The system calls that wait until a point in time, by the number of the argument that points to
// it. The filter hears of those that go by the wall clock.

inline constexpr std::uint32_t kFutexWaitv = 449;  // Linux 5.16, newer than Debian 12's libc
inline constexpr std::uint32_t kFutexWait = 455;   // Linux 6.7

/// Futex operations that wait until a time on the wall clock. Bit 0x80, FUTEX_PRIVATE_FLAG, is of
/// no matter. FUTEX_LOCK_PI knows no other clock; the others say so. FUTEX_WAIT waits for a span,
/// and the kernel refuses it with FUTEX_CLOCK_REALTIME. futex(2)
inline constexpr std::uint32_t kFutexMask = 0x17fU & ~std::uint32_t{FUTEX_PRIVATE_FLAG};
inline constexpr std::array<std::uint32_t, 5> kFutexWaits{
    FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME,
    13 /* FUTEX_LOCK_PI2 */ | FUTEX_CLOCK_REALTIME, FUTEX_LOCK_PI,
    FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME};

/// Calls that say by an argument which clock they mean, or mean the wall clock always.
struct ClockArgumentWait {
  std::uint32_t number;
  unsigned time;                  ///< which argument points to the time; null: no limit
  std::optional<unsigned> clock;  ///< which one is the clock
};
inline constexpr std::array<ClockArgumentWait, 4> kClockArgumentWaits{
    ClockArgumentWait{kFutexWaitv, 3, 4}, ClockArgumentWait{kFutexWait, 4, 5},
    ClockArgumentWait{__NR_mq_timedsend, 4, std::nullopt},
    ClockArgumentWait{__NR_mq_timedreceive, 4, std::nullopt}};

/// Which argument of a call points to the time that it waits for, or sets a timer to; nothing for
/// calls that do neither.
std::optional<unsigned> time_argument(std::uint64_t number) noexcept;

/// Whether a call waits until a time on the wall clock, and has one. Timers do not wait.
bool waits_for_wall_clock(std::uint64_t number,
                          std::span<const std::uint64_t, 6> arguments) noexcept;

}  // namespace hitch
