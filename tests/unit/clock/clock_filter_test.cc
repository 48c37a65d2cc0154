#include "runtime/clock/clock_filter.h"

#include <asm/prctl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <time.h>

#include <array>
#include <cstring>

#include "runtime/clock/clock_layout.h"
#include "runtime/clock/deadline_calls.h"

namespace hitch {
namespace {

using Arguments = std::array<std::uint64_t, 6>;
constexpr std::uint64_t kPointer = 0x7f0000000000;  // its low half is 0

/// Runs the rules as the kernel would: true if they notify, false if they go on behind their end.
bool notifies(const seccomp_data& data) {
  const auto rules = clock_rules();
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < rules.size(); ++at) {
    const auto& [code, yes, no, k] = rules[at];
    switch (code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + k, sizeof accumulator);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= k;
        break;
      case BPF_JMP | BPF_JA:
        at += k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == k ? yes : no;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += accumulator >= k ? yes : no;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (accumulator & k) != 0 ? yes : no;
        break;
      case BPF_RET | BPF_K:
        EXPECT_EQ(k, SECCOMP_RET_USER_NOTIF);
        return true;
      default:
        ADD_FAILURE() << "unknown instruction " << code;
        return false;
    }
    EXPECT_LE(at, rules.size());
  }
  return false;
}

bool notifies(long number, const Arguments& arguments = {}) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = AUDIT_ARCH_X86_64;
  std::memcpy(data.args, arguments.data(), sizeof data.args);
  return notifies(data);
}

TEST(ClockFilter, HearsOfTheFirstCallsOfAProgram) {
  EXPECT_TRUE(notifies(SYS_brk, {0}));
  EXPECT_FALSE(notifies(SYS_brk, {kPointer}));
  EXPECT_FALSE(notifies(SYS_brk, {4096}));
  EXPECT_TRUE(notifies(SYS_arch_prctl, {ARCH_SET_FS, kPointer}));
  EXPECT_FALSE(notifies(SYS_arch_prctl, {ARCH_GET_FS, kPointer}));
  EXPECT_TRUE(notifies(SYS_close, {kCloseToGetPage}));
  EXPECT_TRUE(notifies(SYS_close, {kCloseToSetPage, kPointer}));
  EXPECT_FALSE(notifies(SYS_close, {3}));
}

TEST(ClockFilter, HearsOfReadingsOfTheWallClock) {
  for (std::uint64_t clock = 0; clock < 16; ++clock) {
    const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
                      clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
    EXPECT_EQ(notifies(SYS_clock_gettime, {clock}), wall) << clock;
    // The kernel looks at the low half.
    EXPECT_EQ(notifies(SYS_clock_gettime, {clock | kPointer}), wall) << clock;
  }
  EXPECT_TRUE(notifies(SYS_time));
  EXPECT_TRUE(notifies(SYS_gettimeofday, {kPointer}));
  EXPECT_TRUE(notifies(SYS_gettimeofday, {8}));
  EXPECT_FALSE(notifies(SYS_gettimeofday, {0, kPointer}));
}

TEST(ClockFilter, HearsOfWaitsForATimeOnTheWallClock) {
  EXPECT_TRUE(notifies(SYS_clock_nanosleep, {CLOCK_REALTIME, TIMER_ABSTIME}));
  EXPECT_TRUE(notifies(SYS_clock_nanosleep, {CLOCK_TAI, TIMER_ABSTIME}));
  EXPECT_FALSE(notifies(SYS_clock_nanosleep, {CLOCK_REALTIME, 0}));
  EXPECT_FALSE(notifies(SYS_clock_nanosleep, {CLOCK_MONOTONIC, TIMER_ABSTIME}));
  EXPECT_TRUE(notifies(SYS_timerfd_settime, {3, 1}));
  EXPECT_TRUE(notifies(SYS_timerfd_settime, {3, 3}));
  EXPECT_FALSE(notifies(SYS_timerfd_settime, {3, 2}));
  EXPECT_TRUE(notifies(SYS_mq_timedsend, {3, kPointer, 8, 0, kPointer}));
  EXPECT_FALSE(notifies(SYS_mq_timedsend, {3, kPointer, 8, 0, 0}));
  EXPECT_TRUE(notifies(SYS_mq_timedreceive, {3, kPointer, 8, kPointer, 8}));
  EXPECT_FALSE(notifies(SYS_mq_timedreceive, {3, kPointer, 8, kPointer, 0}));
  EXPECT_TRUE(notifies(kFutexWaitv, {kPointer, 1, 0, kPointer, CLOCK_REALTIME}));
  EXPECT_FALSE(notifies(kFutexWaitv, {kPointer, 1, 0, kPointer, CLOCK_MONOTONIC}));
  EXPECT_FALSE(notifies(kFutexWaitv, {kPointer, 1, 0, 0, CLOCK_REALTIME}));
  EXPECT_TRUE(notifies(kFutexWait, {kPointer, 1, 1, 2, kPointer, CLOCK_REALTIME}));
  EXPECT_FALSE(notifies(kFutexWait, {kPointer, 1, 1, 2, kPointer, CLOCK_MONOTONIC}));
  EXPECT_TRUE(notifies(SYS_timer_settime, {3, 1}));
  EXPECT_FALSE(notifies(SYS_timer_settime, {3, 0}));
}

TEST(ClockFilter, HearsOfFutexesThatWaitForATimeOnTheWallClock) {
  constexpr std::uint64_t kRealtime = FUTEX_CLOCK_REALTIME, kPrivate = FUTEX_PRIVATE_FLAG;
  const auto heard = [](std::uint64_t operation, std::uint64_t timeout = kPointer) {
    return notifies(SYS_futex, {kPointer, operation, 0, timeout});
  };
  for (const auto flag : {std::uint64_t{0}, kPrivate}) {
    EXPECT_TRUE(heard(FUTEX_WAIT_BITSET | kRealtime | flag));
    EXPECT_FALSE(heard(FUTEX_WAIT_BITSET | kRealtime | flag, 0));
    EXPECT_FALSE(heard(FUTEX_WAIT_BITSET | flag));
    EXPECT_TRUE(heard(FUTEX_WAIT_REQUEUE_PI | kRealtime | flag));
    EXPECT_TRUE(heard(FUTEX_LOCK_PI | flag));
    EXPECT_TRUE(heard(13 | kRealtime | flag));
    EXPECT_FALSE(heard(13 | flag));
    EXPECT_FALSE(heard(FUTEX_WAIT | flag));
    EXPECT_FALSE(heard(FUTEX_WAKE | flag));
    EXPECT_FALSE(heard(FUTEX_WAKE_OP | flag));
  }
}

TEST(ClockFilter, TheCallsThatAreHeardOfAreThoseThatATravelLooksFor) {
  const auto agrees = [](std::uint64_t number, const Arguments& arguments) {
    return notifies(static_cast<long>(number), arguments) ==
           waits_for_wall_clock(number, arguments);
  };
  for (const std::uint64_t number :
       {std::uint64_t{SYS_futex}, std::uint64_t{SYS_clock_nanosleep},
        std::uint64_t{SYS_mq_timedsend}, std::uint64_t{SYS_mq_timedreceive},
        std::uint64_t{kFutexWaitv}, std::uint64_t{kFutexWait}}) {
    for (std::uint64_t first = 0; first < 0x200; ++first) {
      // Each place that can hold a clock, a flag, an operation or a pointer.
      for (const Arguments& arguments :
           {Arguments{first, first, kPointer, kPointer, kPointer, first},
            Arguments{first, first, kPointer, kPointer, first | kPointer, first},
            Arguments{0, first, kPointer, kPointer, kPointer, 0}}) {
        EXPECT_TRUE(agrees(number, arguments)) << number << ' ' << first;
      }
    }
    EXPECT_FALSE(waits_for_wall_clock(number, Arguments{}));
  }
}

TEST(ClockFilter, LeavesEverythingElseToWhatFollows) {
  for (int number = 0; number < 600; ++number) {
    const bool ours = number == SYS_time || number == SYS_brk || number == SYS_clock_gettime;
    EXPECT_EQ(notifies(number), ours) << number;
  }
  seccomp_data other{};
  other.arch = AUDIT_ARCH_I386;
  other.nr = SYS_time;
  EXPECT_FALSE(notifies(other));
  other.nr = 45;  // brk: that there is such a program
  EXPECT_TRUE(notifies(other));
  other.args[0] = 4096;
  EXPECT_FALSE(notifies(other));
  EXPECT_FALSE(notifies(0x40000000L | SYS_time));  // x32
}

}  // namespace
}  // namespace hitch
