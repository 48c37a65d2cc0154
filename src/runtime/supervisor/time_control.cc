#include "runtime/supervisor/time_control.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "runtime/base/utc_time.h"
#include "runtime/clock/clock_page.h"
#include "runtime/clock/travel_text.h"

namespace hitch {

namespace {

Status travel_to(const std::string& text, BundleClock& clock, ClockTime real) {
  HITCH_TRY(const auto instant, parse_date_time(text));
  return clock.travel_to({instant.whole.count(), instant.fraction.count()}, real);
}

/// "60", "0.5"
std::string rate_text(double rate) {
  std::array<char, 32> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), rate, std::chars_format::fixed)
          .ptr;
  return {digits.data(), end};
}

}  // namespace

TimeInfo describe(const BundleTime& time) {
  const BundleClock& clock = *time.clock();
  TimeInfo info;
  const auto real = real_now(), now = clock.now(real);
  append_utc(std::chrono::seconds(now.sec), std::chrono::nanoseconds(now.nsec), info.now);
  info.message = travel_text(now, real);
  info.frozen = clock.frozen();
  info.rate = std::ldexp(static_cast<double>(clock.rate()), -32);
  info.backend = time.backend();
  return info;
}

void tell_of_clock(Events& events, const BundleTime& time) {
  const auto info = describe(time);
  events.tell(
      "clock",
      {{"now", info.now}, {"frozen", info.frozen}, {"rate", info.rate}, {"backend", info.backend}});
}

std::string text_of(const TimeChange& change, const TimeInfo& after) {
  switch (change.kind) {
    case TimeChange::Kind::kFreeze:
      return "Time stands still at " + after.now;
    case TimeChange::Kind::kResume:
      return "Time goes on from " + after.now;
    case TimeChange::Kind::kRate:
      return (after.frozen ? "Time stands still; resumed, it goes " : "Time goes ") +
             (after.rate == 1 ? "as fast as the machine's"
                              : rate_text(after.rate) + " times as fast");
    default:
      return after.message;
  }
}

Status apply(const TimeChange& change, BundleClock& clock, ClockTime real) {
  switch (change.kind) {
    case TimeChange::Kind::kTravelBy:
      return clock.travel_by({change.seconds, change.nanoseconds}, real);
    case TimeChange::Kind::kTravelTo:
      return travel_to(change.instant, clock, real);
    case TimeChange::Kind::kRate: {
      HITCH_TRY(const auto rate, fixed_rate(change.rate));
      return clock.set_rate(rate, real);
    }
    case TimeChange::Kind::kReset:
      clock.reset();
      return Done{};
    case TimeChange::Kind::kFreeze:
      clock.freeze(real);
      return Done{};
    case TimeChange::Kind::kResume:
      clock.resume(real);
      return Done{};
  }
  return Done{};
}

}  // namespace hitch
