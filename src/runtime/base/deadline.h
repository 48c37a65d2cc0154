#pragma once

#include <algorithm>
#include <chrono>

namespace hitch {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// A point on the monotonic clock by which something has to have happened.
class Deadline {
 public:
  /// Spans of centuries are possible, and mean no end.
  static Deadline in(Milliseconds span) {
    constexpr Milliseconds kLongest = std::chrono::hours(24 * 365 * 100);
    return Deadline(Clock::now() + std::clamp(span, -kLongest, kLongest));
  }

  Clock::time_point when() const noexcept { return when_; }
  bool passed() const { return Clock::now() >= when_; }
  /// What is left, never negative; rounded up, so that waiting for it always reaches the deadline.
  Milliseconds left() const {
    const auto rest = std::chrono::ceil<Milliseconds>(when_ - Clock::now());
    return rest.count() > 0 ? rest : Milliseconds(0);
  }

 private:
  explicit Deadline(Clock::time_point when) noexcept : when_(when) {}
  Clock::time_point when_;
};

}  // namespace hitch
