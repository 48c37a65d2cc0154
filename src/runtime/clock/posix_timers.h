#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/clock/clock_layout.h"

namespace hitch {

/// A POSIX timer that was armed for a time on the wall clock. timer_settime(2)
struct PosixTimer {
  int id = 0;            ///< as its process calls it
  bool is_tai = false;   ///< goes by CLOCK_TAI, a constant ahead of the wall clock
  ClockSetting setting;  ///< in force when it was armed
  ClockTime real;        ///< when it goes off (first), on the machine's clock
  ClockTime interval;
  friend constexpr bool operator==(const PosixTimer&, const PosixTimer&) = default;
};

/// The POSIX timers that programs have armed for a time on the wall clock, as far as they were
/// heard of. One may have gone off since, or been deleted, or set for a span: only its process can
/// tell.
class PosixTimers {
 public:
  void note(pid_t process, const PosixTimer& timer);
  void forget(pid_t process, int id) { timers_.erase({process, id}); }
  std::optional<PosixTimer> find(pid_t process, int id) const;
  std::vector<PosixTimer> of(pid_t process) const;
  bool empty() const noexcept { return timers_.empty(); }

 private:
  static constexpr std::size_t kManyTimers = 1024;
  std::map<std::pair<pid_t, int>, PosixTimer> timers_;
  std::size_t look_at_ = kManyTimers;  ///< how many there may be before the dead are looked for
};

/// The clock that a POSIX timer of a task's process goes by; nothing if it cannot be told.
/// /proc/PID/timers in proc(5)
std::optional<clockid_t> clock_of_timer(pid_t task, int id);

/// When a timer goes off next that has `left` to go, between two readings of the machine's clock
/// before and after that was asked.
/// @return nothing if it is not armed as it was noted: it has gone off, or was set anew
std::optional<ClockTime> next_expiry(const PosixTimer& timer, ClockTime left, ClockTime asked_after,
                                     ClockTime asked_before) noexcept;

}  // namespace hitch
