#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hitch::client {

/// A JSON value: what a service has printed, or a part of a bundle file. RFC 8259
///
///     services["Mail"].logs().out().tail().until_json(
///         [](const Json& mail) { return mail["subject"] == "Welcome"; });
///
/// Whole numbers that do not fit into 64 bits with a sign are doubles, and lose digits.
///
/// Asking a value for what it does not have throws JsonError; until_json() takes that for "this is
/// not the line".
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() noexcept = default;
  Json(std::nullptr_t) noexcept {}                                 // NOLINT: implicit
  Json(std::same_as<bool> auto value) noexcept : value_(value) {}  // NOLINT: implicit
  Json(std::floating_point auto value) noexcept
      : value_(static_cast<double>(value)) {}                 // NOLINT: implicit
  Json(std::string text) : value_(std::move(text)) {}         // NOLINT: implicit
  Json(std::string_view text) : value_(std::string(text)) {}  // NOLINT: implicit
  Json(const char* text) : value_(std::string(text)) {}       // NOLINT: implicit
  Json(Array values) : value_(std::move(values)) {}           // NOLINT: implicit
  Json(Object members) : value_(std::move(members)) {}        // NOLINT: implicit
  /// {{"listen", 5432}} is an object.
  Json(std::initializer_list<Object::value_type> members) : value_(Object(members)) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value) {  // NOLINT: implicit
    if constexpr (std::unsigned_integral<T>) {
      value_ = static_cast<std::uint64_t>(value);
    } else {
      value_ = static_cast<std::int64_t>(value);
    }
  }

  /// Reads a text. JsonError if it is none, or has a number that no double holds, such as 1e999.
  static Json parse(std::string_view text);
  /// As compact text, members in the order of their names.
  std::string dump() const;

  bool is_null() const noexcept { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
  bool is_number() const noexcept;
  /// Whether it is a number that as_int() gives: written without a fraction, and not too large.
  bool is_integer() const noexcept;
  /// Whether it is a number that as_uint() gives: the same, and not negative.
  bool is_unsigned() const noexcept;
  bool is_string() const noexcept { return std::holds_alternative<std::string>(value_); }
  bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }

  // What it is; JsonError if it is something else.

  bool as_bool() const;
  /// A whole number that fits, 3.0 among them.
  std::int64_t as_int() const;
  std::uint64_t as_uint() const;
  double as_double() const;
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// Whether it is an object with such a member, an array with such an element, or a text with that
  /// in it.
  bool contains(std::string_view what) const;
  /// A member of an object.
  const Json& operator[](std::string_view key) const;
  const Json& operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  /// An element of an array.
  const Json& operator[](std::size_t index) const;
  const Json& operator[](int index) const;
  /// Of an array or an object; 0 of anything else.
  std::size_t size() const noexcept;

  /// Sets a member; null becomes an object.
  void set(std::string key, Json value);

  /// Numbers are compared by value, exactly: 1 == 1.0.
  friend bool operator==(const Json& a, const Json& b);
  friend std::ostream& operator<<(std::ostream& out, const Json& value);

 private:
  [[noreturn]] void is_not(std::string_view what) const;

  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_ = nullptr;
};

}  // namespace hitch::client
