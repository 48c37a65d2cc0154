#include "runtime/clock/bundle_clock.h"

#include <cmath>

#include "runtime/clock/clock_arithmetic.h"

namespace hitch {

namespace {

bool in_range(ClockTime instant) noexcept {
  return instant.sec >= kFirstSecond && instant.sec <= kLastSecond && instant.nsec >= 0 &&
         instant.nsec < kNanosPerSecond;
}

Error out_of_range(const char* what) {
  return Error::because(
      std::string(what) + ": the bundle's clock shows no time before the year 1 or after 9999",
      Kind::kUsage);
}

Status check_rate(uint64_t rate) {
  if (rate >= kSlowest && rate <= kFastest) return Done{};
  return Error::because("a rate is a number above 0, from 1/1048576 to 1048576", Kind::kUsage);
}

}  // namespace

Result<uint64_t> fixed_rate(double rate) {
  const double fixed = std::ldexp(rate, 32);
  // Before the conversion, which is undefined for what does not fit; false for NaN as well.
  const bool fits = fixed >= 1 && fixed <= static_cast<double>(kFastest);
  const uint64_t whole = fits ? static_cast<uint64_t>(std::round(fixed)) : 0;
  HITCH_CHECK(check_rate(whole));
  return whole;
}

Result<BundleClock> BundleClock::start(const Start& start, ClockTime real) {
  BundleClock clock;
  HITCH_CHECK(clock.set_rate(start.rate, real));
  if (start.at_instant) HITCH_CHECK(clock.travel_to(start.instant, real));
  if (start.frozen) clock.freeze(real);
  return clock;
}

ClockTime BundleClock::now(ClockTime real) const noexcept {
  return fake_from_real(setting_, real);
}

Status BundleClock::travel_by(ClockTime span, ClockTime real) {
  // More than from one end to the other leads outside from anywhere, and sums cannot overflow.
  constexpr int64_t kLongest = kLastSecond - kFirstSecond;
  const bool sane = span.sec >= -kLongest && span.sec <= kLongest;
  const ClockTime to = sum(now(real), sane ? span : ClockTime{});
  if (!sane || !in_range(to)) return out_of_range("travel");
  settle(to, real);
  return Done{};
}

Status BundleClock::travel_to(ClockTime instant, ClockTime real) {
  if (!in_range(instant)) return out_of_range("travel");
  settle(instant, real);
  return Done{};
}

void BundleClock::freeze(ClockTime real) {
  const ClockTime instant = now(real);
  frozen_ = true;
  settle(instant, real);
}

void BundleClock::resume(ClockTime real) {
  const ClockTime instant = now(real);
  frozen_ = false;
  settle(instant, real);
}

Status BundleClock::set_rate(uint64_t rate, ClockTime real) {
  HITCH_CHECK(check_rate(rate));
  const ClockTime instant = now(real);
  rate_ = rate;
  settle(instant, real);
  return Done{};
}

/// Makes a setting that shows `fake` at `real`, and goes on from there as rate_ and frozen_ say.
void BundleClock::settle(ClockTime fake, ClockTime real) {
  setting_ = {};
  if (frozen_) {
    setting_.mode = ClockMode::kFrozen;
    setting_.fake_anchor = fake;
  } else if (rate_ != kRateOne) {
    setting_.mode = ClockMode::kRate;
    setting_.real_anchor = real;
    setting_.fake_anchor = fake;
    setting_.rate = rate_;
  } else if (fake != real) {
    setting_.mode = ClockMode::kShift;
    setting_.shift = difference(fake, real);
    setting_.fake_anchor = fake;
  }
}

}  // namespace hitch
