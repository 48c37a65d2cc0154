#include "runtime/control/json_text.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

namespace hitch {

namespace {

void append(std::string& text, const json::value& value);

/// The shortest form that reads back as the same number, and as one with a fraction.
void append_number(std::string& text, double value) {
  if (!std::isfinite(value)) {
    text += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view written(digits.data(), static_cast<std::size_t>(end - digits.data()));
  text += written;
  if (written.find_first_of(".e") == std::string_view::npos) text += ".0";
}

void append_array(std::string& text, const json::array& values) {
  text += '[';
  const char* separator = "";
  for (const auto& value : values) {
    text += separator;
    append(text, value);
    separator = ",";
  }
  text += ']';
}

void append_object(std::string& text, const json::object& members) {
  text += '{';
  const char* separator = "";
  for (const auto& member : members) {
    text.append(separator).append(json::serialize(member.key())).append(":");
    append(text, member.value());
    separator = ",";
  }
  text += '}';
}

void append(std::string& text, const json::value& value) {
  if (value.is_double()) return append_number(text, value.get_double());
  if (value.is_array()) return append_array(text, value.get_array());
  if (value.is_object()) return append_object(text, value.get_object());
  text += json::serialize(value);
}

}  // namespace

std::string json_text(const json::value& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace hitch
