#include "runtime/clock/travel_text.h"

#include "runtime/clock/clock_arithmetic.h"

namespace hitch {

namespace {

constexpr int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kDaysOfYear = 365;

std::string counted(int64_t count, const char* one, const char* unit) {
  return count == 1 ? one : std::to_string(count) + ' ' + unit;
}

/// Months are 30.5 days, so the remainder of a year has up to 11.
std::string years_and_more(int64_t days) {
  const int64_t years = days / kDaysOfYear, months = days % kDaysOfYear * 2 / 61;
  days %= kDaysOfYear;
  if (years > 1) return std::to_string(years) + " years";
  if (years == 0 && months == 0) return counted(days, "a day", "days");
  if (years == 0) return counted(months, "a month", "months");
  if (months > 0) return "1 year, " + counted(months, "1 month", "months");
  return days > 0 ? "1 year, " + counted(days, "1 day", "days") : "a year";
}

std::string span_text(int64_t seconds) {
  if (seconds < kMinute) return counted(seconds, "a second", "seconds");
  if (seconds < kHour) return counted(seconds / kMinute, "a minute", "minutes");
  if (seconds < kDay) return counted(seconds / kHour, "an hour", "hours");
  return years_and_more(seconds / kDay);
}

}  // namespace

std::string travel_text(ClockTime fake, ClockTime real) {
  const ClockTime later = sum(real, {0, 1});
  const bool ahead = fake > later;
  // Up to a second ahead is what passed on the way.
  const bool behind = fake < real;
  const int64_t seconds = ahead    ? difference(fake, later).sec
                          : behind ? difference(real, fake).sec
                                   : 0;
  if (seconds == 0) return "Time traveling to now";
  return "Time traveling to " + span_text(seconds) + (ahead ? " from now" : " ago");
}

}  // namespace hitch
