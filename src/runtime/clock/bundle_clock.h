#pragma once

#include "runtime/base/result.h"
#include "runtime/clock/clock_layout.h"

namespace hitch {

/// The first and the last second that a bundle's clock can be set to: the years 1 to 9999.
inline constexpr int64_t kFirstSecond = -62'135'596'800, kLastSecond = 253'402'300'799;
/// A rate of 1, and the slowest and fastest there are: 2^-20 and 2^20.
inline constexpr uint64_t kRateOne = uint64_t{1} << 32;
inline constexpr uint64_t kSlowest = kRateOne >> 20, kFastest = kRateOne << 20;

/// A rate as the clock computes with it.
/// @return an Error unless it is a number between 2^-20 and 2^20
Result<uint64_t> fixed_rate(double rate);

/// What a bundle's clock is set to, and how it may change. Pure: everything that depends on the
/// machine's time is given it as `real`. An Error changes nothing.
class BundleClock {
 public:
  /// How a bundle file wants its clock to be at the start.
  struct Start {
    bool at_instant = false;  ///< else at the machine's time
    ClockTime instant;
    bool frozen = false;
    uint64_t rate = kRateOne;
  };
  /// A clock that shows the machine's time.
  BundleClock() = default;
  static Result<BundleClock> start(const Start& start, ClockTime real);

  ClockTime now(ClockTime real) const noexcept;
  bool frozen() const noexcept { return frozen_; }
  uint64_t rate() const noexcept { return rate_; }

  /// Adds a span, which may be negative, to what the clock shows. Frozen stays frozen.
  Status travel_by(ClockTime span, ClockTime real);
  /// Makes the clock show `instant`.
  Status travel_to(ClockTime instant, ClockTime real);
  /// Stops the clock.
  void freeze(ClockTime real);
  /// Lets a frozen clock go on from where it stands, as fast as it was before.
  void resume(ClockTime real);
  /// Makes the clock run `rate` times as fast, without a jump. While it is frozen: once resumed.
  Status set_rate(uint64_t rate, ClockTime real);
  /// Back to the machine's time.
  void reset() noexcept { *this = BundleClock(); }

  /// What has to be published for it.
  const ClockSetting& setting() const noexcept { return setting_; }

 private:
  void settle(ClockTime fake, ClockTime real);

  ClockSetting setting_;
  uint64_t rate_ = kRateOne;
  bool frozen_ = false;
};

}  // namespace hitch
