#include "runtime/clock/clock_filter.h"

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/clock/clock_layout.h"
#include "runtime/clock/deadline_calls.h"

namespace hitch {

namespace {

constexpr std::uint32_t kBrk32 = 45;           // brk of a program of 32 bits: only to tell of it
constexpr std::uint32_t kX32Bit = 0x40000000;  // in the number of a call of that ABI
constexpr std::uint32_t kAbsolute = 1;         // TIMER_ABSTIME, TFD_TIMER_ABSTIME
constexpr std::uint32_t kRealtime = 0, kRealtimeCoarse = 5, kRealtimeAlarm = 8, kTai = 11;
/// Writes the program. A rule is one block: it is entered with the number of the call in the
/// accumulator, and left by notify(), by leave() to what follows the program, or, for another
/// call, to the next block with the accumulator untouched.
class Assembler {
 public:
  constexpr void begin() {
    load(offsetof(seccomp_data, arch));
    begin_rule(AUDIT_ARCH_I386);
    load(offsetof(seccomp_data, nr));
    compare(BPF_JEQ, kBrk32, 1, 0);
    leave();
    load_argument(0);
    notify_if_equal(0);
    leave();
    end_rule();
    compare(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
    leave();
    load(offsetof(seccomp_data, nr));
    compare(BPF_JGE, kX32Bit, 0, 1);
    leave();
  }
  constexpr void begin_rule(std::uint32_t number) {
    rule_ = size_;
    compare(BPF_JEQ, number, 0, 0);
  }
  constexpr void end_rule() { program_[rule_].jf = static_cast<std::uint8_t>(size_ - rule_ - 1); }
  /// The low half of an argument: for an int or a clock, what the kernel looks at.
  constexpr void load_argument(unsigned index) { load(offset_of_argument(index)); }
  constexpr void mask(std::uint32_t bits) { add({BPF_ALU | BPF_AND | BPF_K, 0, 0, bits}); }
  constexpr void notify() { add({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF}); }
  constexpr void leave() { add({BPF_JMP | BPF_JA, 0, 0, kLeaves}); }
  constexpr void notify_if_equal(std::uint32_t value) {
    compare(BPF_JEQ, value, 0, 1);
    notify();
  }
  constexpr void leave_unless_bits(std::uint32_t bits) {
    compare(BPF_JSET, bits, 1, 0);
    leave();
  }
  /// For a pointer: both halves count.
  constexpr void leave_if_null(unsigned index) {
    load(offset_of_argument(index));
    compare(BPF_JEQ, 0, 0, 3);
    load(offset_of_argument(index) + 4);
    compare(BPF_JEQ, 0, 0, 1);
    leave();
  }
  constexpr void notify_if_null(unsigned index) {
    load(offset_of_argument(index));
    compare(BPF_JEQ, 0, 0, 3);
    load(offset_of_argument(index) + 4);
    compare(BPF_JEQ, 0, 0, 1);
    notify();
  }
  /// To be called last: a jump that leaves goes behind the end.
  constexpr void resolve() {
    for (std::size_t i = 0; i < size_; ++i) {
      if (program_[i].code == (BPF_JMP | BPF_JA)) {
        program_[i].k = static_cast<std::uint32_t>(size_ - i - 1);
      }
    }
  }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr const sock_filter* data() const noexcept { return program_.data(); }

 private:
  static constexpr std::uint32_t kLeaves = 0xffffffff;
  static constexpr std::uint32_t offset_of_argument(unsigned index) {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
  }
  constexpr void add(sock_filter instruction) { program_[size_++] = instruction; }
  constexpr void load(std::size_t offset) {
    add({BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)});
  }
  constexpr void compare(unsigned how, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    add({static_cast<std::uint16_t>(BPF_JMP | how | BPF_K), yes, no, value});
  }

  std::array<sock_filter, 160> program_{};
  std::size_t size_ = 0, rule_ = 0;
};

template <std::size_t N>
constexpr void notify_of_values(Assembler& out, std::uint32_t number, unsigned argument,
                                const std::array<std::uint32_t, N>& values) {
  out.begin_rule(number);
  out.load_argument(argument);
  for (const auto value : values) out.notify_if_equal(value);
  out.leave();
  out.end_rule();
}

/// The first calls of a program that was just executed, and what its boot code says.
constexpr void add_start_rules(Assembler& out) {
  out.begin_rule(__NR_brk);
  out.notify_if_null(0);
  out.leave();
  out.end_rule();
  notify_of_values<1>(out, __NR_arch_prctl, 0, {ARCH_SET_FS});
  notify_of_values<2>(out, __NR_close, 0, {kCloseToGetPage, kCloseToSetPage});
}

constexpr void add_read_rules(Assembler& out) {
  notify_of_values<4>(out, __NR_clock_gettime, 0,
                      {kRealtime, kRealtimeCoarse, kRealtimeAlarm, kTai});
  out.begin_rule(__NR_gettimeofday);
  out.leave_if_null(0);
  out.notify();
  out.end_rule();
  out.begin_rule(__NR_time);
  out.notify();
  out.end_rule();
}

/// Calls that wait until, or set a timer for, a time on the wall clock.
constexpr void add_deadline_rules(Assembler& out) {
  out.begin_rule(__NR_clock_nanosleep);
  out.load_argument(1);
  out.leave_unless_bits(kAbsolute);
  out.load_argument(0);
  out.notify_if_equal(kRealtime);
  out.notify_if_equal(kTai);
  out.leave();
  out.end_rule();

  out.begin_rule(__NR_futex);
  out.leave_if_null(3);
  out.load_argument(1);
  out.mask(kFutexMask);
  for (const auto operation : kFutexWaits) out.notify_if_equal(operation);
  out.leave();
  out.end_rule();

  for (const auto& [number, time, clock] : kClockArgumentWaits) {
    out.begin_rule(number);
    out.leave_if_null(time);
    if (clock) {
      out.load_argument(*clock);
      out.notify_if_equal(kRealtime);
      out.leave();
    } else {
      out.notify();
    }
    out.end_rule();
  }

  for (const std::uint32_t number :
       {std::uint32_t{__NR_timerfd_settime}, std::uint32_t{__NR_timer_settime}}) {
    out.begin_rule(number);
    out.load_argument(1);
    out.leave_unless_bits(kAbsolute);
    out.notify();
    out.end_rule();
  }
}

constexpr Assembler assemble() {
  Assembler out;
  out.begin();
  add_start_rules(out);
  add_read_rules(out);
  add_deadline_rules(out);
  out.resolve();
  return out;
}

}  // namespace

std::span<const sock_filter> clock_rules() noexcept {
  static constexpr Assembler kRules = assemble();
  return {kRules.data(), kRules.size()};
}

}  // namespace hitch
