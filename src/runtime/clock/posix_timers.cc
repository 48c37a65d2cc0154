#include "runtime/clock/posix_timers.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "runtime/clock/clock_arithmetic.h"
#include "runtime/clock/task_list.h"

namespace hitch {

namespace {

__extension__ using Wide = __int128;

Wide nanos(ClockTime time) noexcept {
  return Wide{time.sec} * kNanosPerSecond + time.nsec;
}

ClockTime from_nanos(Wide nanos) noexcept {
  auto sec = static_cast<int64_t>(nanos / kNanosPerSecond);
  auto nsec = static_cast<int64_t>(nanos % kNanosPerSecond);
  if (nsec < 0) {
    nsec += kNanosPerSecond;
    --sec;
  }
  return {sec, nsec};
}

}  // namespace

void PosixTimers::note(pid_t process, const PosixTimer& timer) {
  if (timers_.size() >= look_at_) {
    std::erase_if(timers_, [](const auto& entry) {
      return !clock_of_timer(entry.first.first, entry.first.second);
    });
    look_at_ = std::max(kManyTimers, 2 * timers_.size());
  }
  timers_.insert_or_assign({process, timer.id}, timer);
}

std::optional<PosixTimer> PosixTimers::find(pid_t process, int id) const {
  const auto found = timers_.find({process, id});
  return found == timers_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<PosixTimer> PosixTimers::of(pid_t process) const {
  std::vector<PosixTimer> theirs;
  for (auto each = timers_.lower_bound({process, 0});
       each != timers_.end() && each->first.first == process; ++each) {
    theirs.push_back(each->second);
  }
  return theirs;
}

std::optional<clockid_t> clock_of_timer(pid_t task, int id) {
  const std::string text = '\n' + proc_text(task, "timers");
  const auto entry = text.find("\nID: " + std::to_string(id) + '\n');
  const auto clock = entry == text.npos ? entry : text.find("ClockID: ", entry);
  int number = -1;
  if (clock == text.npos || std::sscanf(text.c_str() + clock, "ClockID: %d", &number) != 1) {
    return std::nullopt;
  }
  return number;
}

std::optional<ClockTime> next_expiry(const PosixTimer& timer, ClockTime left, ClockTime asked_after,
                                     ClockTime asked_before) noexcept {
  constexpr Wide kSlack = 10'000;  // the clock may be adjusted meanwhile
  const Wide earliest = nanos(asked_after) + nanos(left) - kSlack;
  const Wide latest = nanos(asked_before) + nanos(left) + kSlack;
  Wide at = nanos(timer.real);
  const Wide interval = nanos(timer.interval);
  // Its own grid rather than what was measured: a timer does not become later with each travel.
  if (interval > 0 && at < earliest) at += (earliest - at + interval - 1) / interval * interval;
  if (left == ClockTime{} || at < earliest || at > latest) return std::nullopt;
  return from_nanos(at);
}

}  // namespace hitch
