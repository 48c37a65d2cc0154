#include "runtime/base/utc_time.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>

#include "runtime/base/text.h"

namespace hitch {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view kDigits = "0123456789";

/// Reads numbers of fixed widths, and what stands between them, from the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) noexcept : rest_(text) {}

  int number(std::size_t width) noexcept {
    const auto field = rest_.substr(0, width);
    const auto value = field.find_first_not_of(kDigits) == field.npos
                           ? parse_number<int>(field)  // which would take a sign
                           : std::nullopt;
    ok_ = ok_ && field.size() == width && value;
    rest_.remove_prefix(field.size());
    return value.value_or(0);
  }
  bool one_of(std::string_view letters) noexcept {
    if (rest_.empty() || letters.find(rest_.front()) == letters.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view letters) noexcept { ok_ = one_of(letters) && ok_; }

  nanoseconds fraction() noexcept {
    const auto length = rest_.substr(0, rest_.find_first_not_of(kDigits)).size();
    ok_ = ok_ && length > 0;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 9; ++i) value = value * 10 + (i < length ? rest_[i] - '0' : 0);
    rest_.remove_prefix(length);
    return nanoseconds(value);
  }

  bool at_end() const noexcept { return rest_.empty(); }
  bool ok() const noexcept { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool is_in(int value, int low, int high) {
  return low <= value && value <= high;
}

/// February 31 would become March 3: not what anybody meant.
bool is_day(const std::tm& day) {
  const std::chrono::year_month_day date{std::chrono::year(day.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(day.tm_mon + 1)),
                                         std::chrono::day(static_cast<unsigned>(day.tm_mday))};
  constexpr int kFirstYear = 1 - 1900, kLastYear = 9999 - 1900;
  return date.ok() && is_in(day.tm_year, kFirstYear, kLastYear) && is_in(day.tm_hour, 0, 23) &&
         is_in(day.tm_min, 0, 59) && is_in(day.tm_sec, 0, 60);
}

/// "Z", "+02:00", "-0230"; nothing: local time.
std::optional<seconds> read_zone(Digits& digits) {
  if (digits.at_end()) return std::nullopt;
  if (digits.one_of("Zz")) return seconds(0);
  const bool is_west = digits.one_of("-");
  if (!is_west) digits.expect("+");
  const int hours = digits.number(2);
  (void)digits.one_of(":");  // may be left out
  const seconds offset = std::chrono::hours(hours) + std::chrono::minutes(digits.number(2));
  return is_west ? -offset : offset;
}

std::optional<DateTime> parse_date(std::string_view text) {
  Digits digits(text);
  std::tm day{};
  day.tm_isdst = -1;  // whatever holds at that time
  nanoseconds fraction{};
  day.tm_year = digits.number(4) - 1900;
  digits.expect("-");
  day.tm_mon = digits.number(2) - 1;
  digits.expect("-");
  day.tm_mday = digits.number(2);
  if (!digits.at_end()) {
    digits.expect("Tt ");
    day.tm_hour = digits.number(2);
    digits.expect(":");
    day.tm_min = digits.number(2);
    if (digits.one_of(":")) {
      day.tm_sec = digits.number(2);
      if (digits.one_of(".")) fraction = digits.fraction();
    }
  }
  const auto zone = read_zone(digits);
  if (!digits.ok() || !digits.at_end() || !is_day(day)) return std::nullopt;
  const std::time_t whole = zone ? ::timegm(&day) : std::mktime(&day);
  return DateTime{seconds(whole) - zone.value_or(seconds(0)), fraction};
}

}  // namespace

void append_utc(nanoseconds since_epoch, std::string& out) {
  const auto whole = std::chrono::floor<seconds>(since_epoch);
  append_utc(whole, since_epoch - whole, out);
}

void append_utc(seconds whole, nanoseconds fraction, std::string& out) {
  // Lines come in bursts: most have the second of the one before.
  thread_local std::int64_t known_second = -1;
  thread_local std::array<char, 80> known{};
  thread_local std::size_t known_size = 0;
  if (whole.count() != known_second || known_size == 0) {
    const std::time_t second = whole.count();
    std::tm day{};
    (void)::gmtime_r(&second, &day);
    const int size = std::snprintf(known.data(), known.size(), "%04d-%02d-%02dT%02d:%02d:%02d.",
                                   day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, day.tm_hour,
                                   day.tm_min, day.tm_sec);
    known_size = static_cast<std::size_t>(size);
    known_second = whole.count();
  }
  out.append(known.data(), known_size);
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(fraction).count();
  std::array<char, 7> digits{};
  digits[6] = 'Z';
  for (std::size_t i = 6; i-- > 0; micros /= 10) digits[i] = static_cast<char>('0' + micros % 10);
  out.append(digits.data(), digits.size());
}

Result<DateTime> parse_date_time(std::string_view text) {
  if (const auto date = parse_date(text)) return *date;
  return Error::because(in_quotes(text) + " is no date and time", Kind::kUsage)
      .with_hint("for example 2015-07-11T10:36:58Z; local time without the zone");
}

Result<nanoseconds> parse_moment(std::string_view text, nanoseconds now) {
  if (const auto back = parse_duration(text)) return now - nanoseconds(*back);
  constexpr seconds kFarthest = std::chrono::floor<seconds>(nanoseconds::max()) - seconds(1);
  const auto date = parse_date(text);
  if (date && date->whole < kFarthest && -date->whole < kFarthest) {
    return date->whole + date->fraction;
  }
  return Error::because(in_quotes(text) + " is no point in time", Kind::kUsage)
      .with_hint(
          "a duration back from now such as 10m, or 2015-07-11T10:36:58Z; local time without "
          "the zone");
}

}  // namespace hitch
