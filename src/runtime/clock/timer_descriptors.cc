#include "runtime/clock/timer_descriptors.h"

#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "runtime/clock/clock_page.h"
#include "runtime/clock/task_list.h"
#include "runtime/clock/task_memory.h"
#include "runtime/clock/timer_times.h"

namespace hitch {

namespace {

/// What the kernel tells of a timer descriptor. proc_pid_fdinfo(5)
struct TimerInfo {
  int clock = 0;
  int flags = 0;  ///< of timerfd_settime
  ClockTime left, interval;

  bool is_wall_clock() const noexcept {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
  }
  bool waits_for_wall_clock() const noexcept {
    return is_wall_clock() && (flags & TFD_TIMER_ABSTIME) != 0 && left != ClockTime{};
  }
};

std::optional<TimerInfo> timer_info(pid_t task, int fd) {
  const auto text = proc_text(task, "fdinfo/" + std::to_string(fd));
  const auto at = text.find("clockid:");
  TimerInfo info;
  unsigned flags = 0;
  if (at == text.npos ||
      std::sscanf(text.c_str() + at,
                  "clockid: %d ticks: %*u settime flags: %o it_value: (%ld, %ld) it_interval: "
                  "(%ld, %ld)",
                  &info.clock, &flags, &info.left.sec, &info.left.nsec, &info.interval.sec,
                  &info.interval.nsec) != 6) {
    return std::nullopt;
  }
  info.flags = static_cast<int>(flags);
  return info;
}

/// The same open file as a task has; closed if that cannot be had. pidfd_getfd(2)
UniqueFd fetch_descriptor(pid_t process, int fd) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), fd, 0)));
}

}  // namespace

void set_timer_descriptor(const CallListener& listener, const HeldCall& call,
                          const ClockSetting& setting) {
  const auto task = static_cast<pid_t>(call.pid);
  const auto fd = static_cast<int>(call.data.args[0]);
  itimerspec wanted{}, old{};
  const auto info = timer_info(task, fd);
  if (!info || !info->is_wall_clock() ||
      copy_from_task(task, call.data.args[2], std::as_writable_bytes(std::span(&wanted, 1))) != 0 ||
      !is_armed_and_valid(wanted)) {
    return listener.let_through(call);
  }
  // At the machine's own time too: one that is let through may be set only after a travel has
  // looked for those that are.
  const auto process = process_of(task);
  const UniqueFd timer = process ? fetch_descriptor(*process, fd) : UniqueFd();
  if (!timer.is_open() || !listener.still_waits(call)) return listener.let_through(call);
  const auto flags = static_cast<int>(call.data.args[1]);
  const itimerspec converted = timer_for(setting, wanted);
  if (::timerfd_settime(timer.get(), flags, &converted, &old) != 0) {
    return listener.refuse(call, errno);
  }
  const std::uint64_t old_at = call.data.args[3];
  const int err = old_at != 0 ? copy_to_task(task, old_at, std::as_bytes(std::span(&old, 1))) : 0;
  return err == 0 ? listener.answer(call, 0) : listener.refuse(call, EFAULT);
}

ArmedTimers ArmedTimers::of(std::span<const pid_t> processes) {
  ArmedTimers armed;
  for (const pid_t process : processes) {
    for (const int fd : numbered_entries(process, "fdinfo")) {
      const auto info = timer_info(process, fd);
      if (!info || !info->waits_for_wall_clock()) continue;
      UniqueFd timer = fetch_descriptor(process, fd);
      // After the span that is left was read: a timer may become late by the time between, and must
      // not become early.
      if (timer.is_open()) {
        const ClockTime real = sum(real_now(), info->left);
        armed.timers_.push_back({std::move(timer), info->flags, real, info->interval});
      }
    }
  }
  return armed;
}

void ArmedTimers::rearm(const ClockSetting& before, const ClockSetting& after) const {
  for (const auto& timer : timers_) {
    const ClockTime fake = fake_of_armed(before, timer.real);
    const ClockTime real = time_to_arm(after, fake);
    const itimerspec wanted{{timer.interval.sec, timer.interval.nsec}, {real.sec, real.nsec}};
    (void)::timerfd_settime(timer.fd.get(), timer.flags, &wanted, nullptr);  // nobody to tell
  }
}

}  // namespace hitch
