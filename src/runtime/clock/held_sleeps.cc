#include "runtime/clock/held_sleeps.h"

#include <time.h>

#include <algorithm>

#include "runtime/clock/clock_page.h"
#include "runtime/clock/task_memory.h"
#include "runtime/clock/timer_times.h"

namespace hitch {

namespace {

bool is_over(ClockTime deadline, const ClockSetting& setting, ClockTime real) noexcept {
  return fake_from_real(setting, real) >= deadline;
}

}  // namespace

void HeldSleeps::take(const CallListener& listener, const HeldCall& call,
                      const ClockSetting& setting) {
  timespec until{};
  const int err = copy_from_task(static_cast<pid_t>(call.pid), call.data.args[2],
                                 std::as_writable_bytes(std::span(&until, 1)));

  if (err != 0 || !is_valid(until) || !listener.still_waits(call))
    return listener.let_through(call);
  ClockTime deadline{until.tv_sec, until.tv_nsec};
  if (static_cast<clockid_t>(call.data.args[0]) == CLOCK_TAI) deadline.sec -= tai_offset();
  if (is_over(deadline, setting, real_now())) return listener.answer(call, 0);
  if (sleepers_.size() >= look_at_) {  // who was woken by a signal has left its entry here
    std::erase_if(sleepers_, [&](const Sleeper& each) { return !listener.still_waits(each.call); });
    look_at_ = std::max(kFewSleepers, 2 * sleepers_.size());
  }
  sleepers_.push_back({call, deadline});
}

void HeldSleeps::wake(const CallListener& listener, const ClockSetting& setting) {
  const ClockTime real = real_now();
  std::erase_if(sleepers_, [&](const Sleeper& sleeper) {
    if (!is_over(sleeper.deadline, setting, real)) return !listener.still_waits(sleeper.call);
    listener.answer(sleeper.call, 0);
    return true;
  });
}

std::optional<ClockTime> HeldSleeps::next(const ClockSetting& setting) const noexcept {
  std::optional<ClockTime> first;
  for (const auto& sleeper : sleepers_) {
    const auto real = real_from_fake(setting, sleeper.deadline);
    if (real && (!first || *real < *first)) first = real;
  }
  return first;
}

}  // namespace hitch
