#include "runtime/bundle/check_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

/// Whether there is a scalar to look at; says so if there is something else.
bool is_text(const Field& field, std::string_view what) {
  if (field->unusable) return false;
  if (field->is_scalar()) return true;
  field.expected(what);
  return false;
}

std::optional<double> parse_amount(std::string_view text) {
  double value = 0;
  const auto [stop, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The factor of "k", "KB", "KiB", "m"…, or 0.
double size_unit(std::string unit) {
  std::transform(unit.begin(), unit.end(), unit.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (unit.empty() || unit == "b") return 1;
  constexpr std::string_view kPrefixes = "kmgt";
  const auto power = kPrefixes.find(unit.front());
  const std::string rest = unit.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) return 0;
  return std::pow(1024.0, static_cast<double>(power + 1));
}

}  // namespace

bool check_keys(const Field& field, KeyRules rules) {
  if (!field->is_mapping()) {
    field.expected("a map");
    return false;
  }
  for (const Entry& entry : field->entries) {
    if (find_rule(rules, entry.key) != nullptr) continue;
    const KeyPath path{&field.path, entry.shown_key()};
    field.out->add(entry.mark, path.text(),
                   "unknown key" + did_you_mean(entry.key, words_of(rules)));
  }
  return true;
}

std::optional<std::string> read_text(const Field& field, std::string_view what) {
  if (!is_text(field, what)) return std::nullopt;
  return field->text;
}

std::optional<bool> read_flag(const Field& field) {
  constexpr std::string_view kWhat = "true or false";
  if (!is_text(field, kWhat)) return std::nullopt;
  if (!field->quoted && field->text == "true") return true;
  if (!field->quoted && field->text == "false") return false;
  if (field->quoted && (field->text == "true" || field->text == "false")) {
    field.error("expected true or false without quotes");
  } else {
    field.expected(kWhat);
  }
  return std::nullopt;
}

std::optional<Milliseconds> read_duration(const Field& field, Zero zero) {
  constexpr std::string_view kWhat = "a duration, such as 250ms, 1m30s or a number of seconds";
  if (!is_text(field, kWhat)) return std::nullopt;
  const auto span = parse_duration(field->text);
  if (!span) return field.expected(kWhat), std::nullopt;
  if (span->count() == 0 && zero == Zero::kRefused) {
    return field.error("has to be at least 1ms"), std::nullopt;
  }
  return span;
}

std::optional<std::int64_t> read_integer(const Field& field, std::int64_t least,
                                         std::int64_t most) {
  const std::string what =
      most == std::numeric_limits<std::int64_t>::max()
          ? "a whole number from " + std::to_string(least)
          : "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!is_text(field, what)) return std::nullopt;
  const auto number = parse_number<std::int64_t>(field->text);
  if (!number || *number < least || *number > most) return field.expected(what), std::nullopt;
  return number;
}

std::optional<double> read_amount(const Field& field) {
  constexpr std::string_view kWhat = "a number above 0";
  if (!is_text(field, kWhat)) return std::nullopt;
  const auto number = parse_amount(field->text);
  if (!number || *number <= 0 || !std::isfinite(*number))
    return field.expected(kWhat), std::nullopt;
  return number;
}

std::optional<std::uint64_t> read_size(const Field& field) {
  constexpr std::string_view kWhat = "a size, such as 64MiB, 1g or a number of bytes";
  if (!is_text(field, kWhat)) return std::nullopt;
  const std::string& text = field->text;
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto amount = parse_amount(std::string_view(text).substr(0, digits));
  const double unit = size_unit(text.substr(digits));
  const double bytes = amount.value_or(0) * unit;
  if (bytes < 1 || bytes > 0x1p60) return field.expected(kWhat), std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port && *port > 0 ? port : std::nullopt;
}

std::optional<std::uint16_t> read_port(const Field& field) {
  constexpr std::string_view kWhat = "a port from 1 to 65535";
  if (!is_text(field, kWhat)) return std::nullopt;
  const auto port = parse_port(field->text);
  if (!port) field.expected(kWhat);
  return port;
}

std::string one_of(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : " or ";
    text += '\'' + std::string(words[i]) + '\'';
  }
  return text;
}

void report_choice(const Field& field, const std::vector<std::string_view>& words) {
  if (field->unusable) return;
  const std::string found =
      field->is_scalar() ? in_quotes(field->text) : std::string(kind_text(*field));
  const std::string nearest = field->is_scalar() ? did_you_mean(field->text, words) : "";
  field.error("expected " + one_of(words) + ", found " + found + nearest);
}

std::vector<std::string> read_texts(const Field& field) {
  std::vector<std::string> texts;
  if (!field->is_sequence()) return field.expected("a list"), texts;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    if (auto text = read_text(field.item(i))) texts.push_back(std::move(*text));
  }
  return texts;
}

void report_items(const Field& list, std::string_view what) {
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (!list->items[i].is_scalar()) list.item(i).expected(what);
  }
}

std::string why_too_long(std::size_t bytes) {
  if (bytes <= kLongestArgument) return {};
  return "is " + std::to_string(bytes) + " bytes long; the kernel takes " +
         std::to_string(kLongestArgument) + " at most for one argument or variable";
}

bool check_length(const Field& field, std::size_t bytes) {
  std::string why = why_too_long(bytes);
  if (why.empty()) return true;
  field.error(std::move(why));
  return false;
}

namespace {

/// The words of a command are the items of a list, or parts of one text.
bool check_lengths(const Field& field, const Command& command) {
  bool good = true;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const bool own_place = field->is_sequence();
    good = check_length(own_place ? field.item(i) : field, command[i].size()) && good;
  }
  return good;
}

}  // namespace

std::optional<Command> read_command(const Field& field) {
  if (field->unusable) return std::nullopt;
  Command command;
  if (field->is_scalar()) {
    const auto words = split_words(field->text);
    if (!words) return field.error("a quote in this command is never closed"), std::nullopt;
    command = *words;
  } else if (field->is_sequence()) {
    command = read_texts(field);
    if (command.size() != field->items.size()) return std::nullopt;
  } else {
    return field.expected("a command: a list of words, or text"), std::nullopt;
  }
  if (command.empty() || command.front().empty()) {
    return field.error("the command is empty"), std::nullopt;
  }
  if (!check_lengths(field, command)) return std::nullopt;
  return command;
}

std::vector<Command> read_commands(const Field& field) {
  std::vector<Command> commands;
  if (!field->is_sequence()) return field.expected("a list of commands"), commands;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    if (auto command = read_command(field.item(i))) commands.push_back(std::move(*command));
  }
  return commands;
}

}  // namespace hitch
