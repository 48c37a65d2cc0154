#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/keys.h"

namespace hitch {

/// Each of these reads one value of a given form, or complains about it and returns nothing.

/// Reports what is not a map, and the keys that the map must not have.
/// @return whether it is a map
bool check_keys(const Field& field, KeyRules rules);

std::optional<std::string> read_text(const Field& field, std::string_view what = "text");
/// true or false, not in quotes.
std::optional<bool> read_flag(const Field& field);
enum class Zero { kAllowed, kRefused };
std::optional<Milliseconds> read_duration(const Field& field, Zero zero);
std::optional<std::int64_t> read_integer(const Field& field, std::int64_t least, std::int64_t most);
/// A number above 0.
std::optional<double> read_amount(const Field& field);
/// "64MiB", "1g", "512k", or a number of bytes; units are powers of 1024.
std::optional<std::uint64_t> read_size(const Field& field);
std::optional<std::uint16_t> read_port(const Field& field);
std::optional<std::uint16_t> parse_port(std::string_view text);

/// One of a few words.
template <typename Enum>
using Choices = std::vector<std::pair<std::string_view, Enum>>;
template <typename Enum>
std::optional<Enum> read_choice(const Field& field, const Choices<Enum>& choices);

/// A list of text; what has another form is reported and left out.
std::vector<std::string> read_texts(const Field& field);
/// Complains about the items of a list that are no text.
void report_items(const Field& list, std::string_view what);
/// The longest argument, or variable with its name and '=', that a program can be started with, in
/// bytes. MAX_ARG_STRLEN without the NUL at its end. execve(2)
inline constexpr std::size_t kLongestArgument = std::size_t{128} * 1024 - 1;
/// Why no program could be started with an argument or variable of this size; empty if one can.
std::string why_too_long(std::size_t bytes);
/// Refuses what no program could be started with. @return whether it is short enough
bool check_length(const Field& field, std::size_t bytes);

/// A list of words, or text that is split into words like a shell would. Never empty.
std::optional<Command> read_command(const Field& field);
/// A list of commands.
std::vector<Command> read_commands(const Field& field);

/// "'private', 'host' or 'outbound'"
std::string one_of(const std::vector<std::string_view>& words);
void report_choice(const Field& field, const std::vector<std::string_view>& words);

template <typename Enum>
std::optional<Enum> read_choice(const Field& field, const Choices<Enum>& choices) {
  std::vector<std::string_view> words;
  for (const auto& [word, value] : choices) {
    if (field->is_scalar() && !field->unusable && field->text == word) return value;
    words.push_back(word);
  }
  report_choice(field, words);
  return std::nullopt;
}

}  // namespace hitch
