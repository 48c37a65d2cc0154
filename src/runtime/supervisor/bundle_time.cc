#include "runtime/supervisor/bundle_time.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "runtime/clock/clock_page.h"

namespace hitch {

Task<Done> BundleTime::change(Change how) {
  BundleClock changed = *clock_;
  HITCH_CO_CHECK(how(changed, real_now()));
  HITCH_CO_CHECK(accept(changed));
  *clock_ = changed;
  co_return co_await put_in_force();
}

asio::awaitable<void> BundleTime::stop() {
  co_return;
}

LogClock log_clock_of(const BundleTime& time) {
  return [clock = time.clock()] {
    auto times = machine_times();
    const auto whole = std::chrono::floor<std::chrono::seconds>(times.wall);
    const auto now = clock->now({whole.count(), (times.wall - whole).count()});
    // What nanoseconds cannot hold is as far as they go.
    constexpr std::int64_t kFarthest =
        std::numeric_limits<std::int64_t>::max() / kNanosPerSecond - 1;
    const auto second = std::clamp(now.sec, -kFarthest, kFarthest);
    times.bundle = std::chrono::seconds(second) + LogTimes::Nanoseconds(now.nsec);
    return times;
  };
}

}  // namespace hitch
