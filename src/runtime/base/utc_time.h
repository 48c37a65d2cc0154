#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// Appends a time since the epoch in UTC with microseconds, "2015-07-11T10:36:58.000000Z": always
/// of the same width, and in the order of time when sorted as text. RFC 3339
void append_utc(std::chrono::nanoseconds since_epoch, std::string& out);

/// The same for years that nanoseconds cannot hold, 1 to 9999.
void append_utc(std::chrono::seconds whole, std::chrono::nanoseconds fraction, std::string& out);

/// Since the epoch; `fraction` is less than a second and never negative.
struct DateTime {
  std::chrono::seconds whole{};
  std::chrono::nanoseconds fraction{};
};

/// Reads RFC 3339, or the same with a blank instead of the T, without seconds or time of day.
/// Without a zone it is local time. The years 1 to 9999.
/// @return an Error of kind kUsage if it is none
Result<DateTime> parse_date_time(std::string_view text);

/// Reads a point in time: a duration back from now ("10m"; see parse_duration), RFC 3339, or the
/// same with a blank instead of the T, without seconds or time of day. Without a zone it is local
/// time, as for docker and journalctl. The years 1678 to 2261.
/// @param now  since the epoch
/// @return since the epoch, or an Error of kind kUsage
Result<std::chrono::nanoseconds> parse_moment(std::string_view text, std::chrono::nanoseconds now);

}  // namespace hitch
