#include "runtime/client/hitch/json.h"

#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <ostream>

#include "runtime/client/hitch/errors.h"
#include "runtime/client/json_bridge.h"
#include "runtime/control/json_text.h"

namespace hitch::client {

namespace {

constexpr std::size_t kShownBytes = 200;

/// A whole number, of more than 64 bits.
struct Whole {
  bool is_negative = false;
  std::uint64_t magnitude = 0;
  friend bool operator==(const Whole&, const Whole&) = default;
};

/// Nothing if it has a fraction, or is out of reach.
std::optional<Whole> whole_of(const Json& number) {
  if (number.is_unsigned()) return Whole{false, number.as_uint()};
  if (number.is_integer()) return Whole{true, 0 - static_cast<std::uint64_t>(number.as_int())};
  constexpr double kEnd = 18446744073709551616.0;  // 2^64
  const double value = number.as_double(), magnitude = std::fabs(value);
  if (!(magnitude < kEnd) || std::trunc(value) != value) return std::nullopt;
  return Whole{value < 0, static_cast<std::uint64_t>(magnitude)};
}

/// Whether a number with a fraction is in truth a whole one that fits.
bool is_whole(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  return value >= -kLimit && value < kLimit && std::trunc(value) == value;
}

}  // namespace

Json Json::parse(std::string_view text) {
  boost::system::error_code ec;
  json::parse_options options;
  options.max_depth = 200;
  const auto value = json::parse(text, ec, {}, options);
  if (ec)
    throw JsonError("not JSON: " + ec.message() + ": " + std::string(text.substr(0, kShownBytes)));
  return public_json(value);
}

std::string Json::dump() const {
  return json_text(internal_json(*this));
}

bool Json::is_number() const noexcept {
  return std::holds_alternative<std::int64_t>(value_) ||
         std::holds_alternative<std::uint64_t>(value_) || std::holds_alternative<double>(value_);
}

bool Json::is_integer() const noexcept {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto* large = std::get_if<std::uint64_t>(&value_)) return *large <= kMost;
  return std::holds_alternative<std::int64_t>(value_);
}

bool Json::is_unsigned() const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value >= 0;
  return std::holds_alternative<std::uint64_t>(value_);
}

void Json::is_not(std::string_view what) const {
  const auto text = dump();
  throw JsonError(text.substr(0, kShownBytes) + " is not " + std::string(what));
}

bool Json::as_bool() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  is_not("true or false");
}

std::int64_t Json::as_int() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  if (is_integer()) return static_cast<std::int64_t>(std::get<std::uint64_t>(value_));
  const auto* value = std::get_if<double>(&value_);
  if (value != nullptr && is_whole(*value)) return static_cast<std::int64_t>(*value);
  is_not("a whole number of 64 bits");
}

std::uint64_t Json::as_uint() const {
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return *value;
  if (is_unsigned()) return static_cast<std::uint64_t>(std::get<std::int64_t>(value_));
  if (is_number()) {
    const auto whole = whole_of(*this);
    if (whole && !whole->is_negative) return whole->magnitude;
  }
  is_not("a whole number of 64 bits that is not negative");
}

double Json::as_double() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
  is_not("a number");
}

const std::string& Json::as_string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  is_not("a text");
}

const Json::Array& Json::as_array() const {
  if (const auto* value = std::get_if<Array>(&value_)) return *value;
  is_not("an array");
}

const Json::Object& Json::as_object() const {
  if (const auto* value = std::get_if<Object>(&value_)) return *value;
  is_not("an object");
}

bool Json::contains(std::string_view what) const {
  if (is_object()) return as_object().contains(what);
  if (is_string()) return as_string().find(what) != std::string::npos;
  for (const auto& element : as_array()) {
    if (element == Json(what)) return true;
  }
  return false;
}

const Json& Json::operator[](std::string_view key) const {
  const auto& members = as_object();
  const auto found = members.find(key);
  if (found == members.end()) is_not("an object with a member '" + std::string(key) + "'");
  return found->second;
}

const Json& Json::operator[](std::size_t index) const {
  const auto& elements = as_array();
  if (index >= elements.size()) is_not("an array with so many elements");
  return elements[index];
}

const Json& Json::operator[](int index) const {
  if (index < 0) is_not("an array with elements before the first");
  return (*this)[static_cast<std::size_t>(index)];
}

std::size_t Json::size() const noexcept {
  if (const auto* elements = std::get_if<Array>(&value_)) return elements->size();
  if (const auto* members = std::get_if<Object>(&value_)) return members->size();
  return 0;
}

void Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object();
  auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) is_not("an object");
  members->insert_or_assign(std::move(key), std::move(value));
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const auto whole_a = whole_of(a), whole_b = whole_of(b);
    return whole_a || whole_b ? whole_a == whole_b : a.as_double() == b.as_double();
  }
  return a.value_ == b.value_;
}

std::ostream& operator<<(std::ostream& out, const Json& value) {
  return out << value.dump();
}

}  // namespace hitch::client
