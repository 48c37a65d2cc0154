#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitch {

/// A whole number that fills the whole text, in base 10.
template <typename Int>
std::optional<Int> parse_number(std::string_view text) noexcept {
  Int value{};
  const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "250ms", "1m30s", "2h", or a number of seconds ("1.5"). Never negative; up to 100 days.
/// compose-spec, "Specifying durations", plus bare numbers.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest exact form of a duration that parse_duration reads: "15s", "1m30s", "250ms".
std::string format_duration(std::chrono::milliseconds span);

/// Seconds for people, with one decimal: "0.3".
std::string format_seconds(std::chrono::milliseconds span);

/// The candidate that is nearest to `word` by edit distance, if one is near enough to be a slip of
/// the finger (at most a third of the word's letters, at least one).
std::optional<std::string> nearest_spelling(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// Splits a command line into words as a POSIX shell would, without expanding anything: blanks
/// separate; '…', "…" and \ quote. XCU 2.2
/// @return nothing if a quote is not closed
std::optional<std::vector<std::string>> split_words(std::string_view text);

/// Number of a signal by its name, with or without "SIG", in either case, or by its number.
/// signal(7)
std::optional<int> parse_signal(std::string_view text);
/// "SIGTERM"; "signal 40" for one without a name.
std::string signal_name(int signal);

}  // namespace hitch
