#include "runtime/clock/raw_reads.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/clock/clock_arithmetic.h"
#include "runtime/clock/task_memory.h"

namespace hitch {

namespace {

struct Reading {
  ClockTime fake;
  int err = 0;
};

Reading read_clock(clockid_t clock, const ClockSetting& setting) noexcept {
  timespec real{};
  if (::clock_gettime(clock_to_read(setting, clock), &real) != 0) return {{}, errno};
  return {fake_reading(setting, clock, {real.tv_sec, real.tv_nsec}), 0};
}

template <typename T>
int copy_out(const HeldCall& call, std::uint64_t address, const T& value) noexcept {
  return copy_to_task(static_cast<pid_t>(call.pid), address, std::as_bytes(std::span(&value, 1)));
}

void finish(const CallListener& listener, const HeldCall& call, int err,
            std::int64_t value) noexcept {
  if (err == 0) return listener.answer(call, value);
  if (err == EFAULT || err == EINVAL) return listener.refuse(call, err);
  listener.let_through(call);  // its memory is out of reach: real time rather than none
}

void answer_clock_gettime(const CallListener& listener, const HeldCall& call,
                          const ClockSetting& setting) noexcept {
  const auto reading = read_clock(static_cast<clockid_t>(call.data.args[0]), setting);
  int err = reading.err;
  const timespec out{reading.fake.sec, reading.fake.nsec};
  if (err == 0) err = copy_out(call, call.data.args[1], out);
  finish(listener, call, err, 0);
}

void answer_gettimeofday(const CallListener& listener, const HeldCall& call,
                         const ClockSetting& setting) noexcept {
  const auto now = read_clock(CLOCK_REALTIME, setting).fake;
  const timeval out{now.sec, now.nsec / 1000};
  int err = copy_out(call, call.data.args[0], out);
  if (err == 0 && call.data.args[1] != 0) {
    struct timezone zone {};
    (void)::syscall(SYS_gettimeofday, nullptr, &zone);  // libc's never asks the kernel
    err = copy_out(call, call.data.args[1], zone);
  }
  finish(listener, call, err, 0);
}

void answer_time(const CallListener& listener, const HeldCall& call,
                 const ClockSetting& setting) noexcept {
  const time_t now = read_clock(CLOCK_REALTIME_COARSE, setting).fake.sec;
  const int err = call.data.args[0] != 0 ? copy_out(call, call.data.args[0], now) : 0;
  finish(listener, call, err, now);
}

}  // namespace

void answer_raw_read(const CallListener& listener, const HeldCall& call, CallOrigin origin,
                     const ClockSetting& setting) noexcept {
  const bool shifted = setting.mode != ClockMode::kReal && origin != CallOrigin::kOriginalVdso;
  // The last moment to notice that the task is another one: the copy goes by its number.
  if (!shifted || !listener.still_waits(call)) return listener.let_through(call);
  switch (call.data.nr) {
    case SYS_clock_gettime:
      return answer_clock_gettime(listener, call, setting);
    case SYS_gettimeofday:
      return answer_gettimeofday(listener, call, setting);
    default:
      return answer_time(listener, call, setting);
  }
}

}  // namespace hitch
