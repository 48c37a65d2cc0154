#include "runtime/control/time_methods.h"

#include <array>
#include <cmath>
#include <utility>

namespace hitch {

namespace {

/// More is outside of what any clock shows, and whole seconds up to it are exact in a double.
constexpr double kMostSeconds = 1e12;

Error only_one() {
  return Error::because(
      "a travel takes 'to', 'reset', or a span of days, hours, minutes and seconds", Kind::kUsage);
}

/// Seconds that a span adds up to.
Result<double> span_of(const Params& params) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
      {{"days", 86400.0}, {"hours", 3600.0}, {"minutes", 60.0}, {"seconds", 1.0}}};
  double total = 0;
  for (const auto& [name, seconds] : kUnits) {
    HITCH_TRY(const double count, params.real_or(name, 0));
    total += count * seconds;
  }
  if (std::abs(total) < kMostSeconds) return total;
  return Error::because("that is too far to travel", Kind::kUsage);
}

}  // namespace

Result<TimeChange> travel_of(const Params& params) {
  TimeChange change;
  const bool has_span =
      params.has("days") || params.has("hours") || params.has("minutes") || params.has("seconds");
  HITCH_TRY(const bool reset, params.flag("reset"));
  if (int{reset} + int{params.has("to")} + int{has_span} != 1) return only_one();
  if (reset) {
    change.kind = TimeChange::Kind::kReset;
  } else if (params.has("to")) {
    change.kind = TimeChange::Kind::kTravelTo;
    HITCH_TRY(change.instant, params.text("to"));
  } else {
    HITCH_TRY(const double seconds, span_of(params));
    const double whole = std::floor(seconds);
    change.seconds = static_cast<std::int64_t>(whole);
    change.nanoseconds = static_cast<std::int64_t>((seconds - whole) * 1e9);
  }
  return change;
}

json::object time_object(const TimeInfo& info) {
  return {{"now", info.now},
          {"message", info.message},
          {"frozen", info.frozen},
          {"rate", info.rate},
          {"backend", info.backend}};
}

}  // namespace hitch
