#pragma once

#include <charconv>
#include <string_view>

namespace hitch {

/// Reads fields that are separated by blanks, one after the other. A field that is missing or does
/// not parse clears ok(), and what it returned is then of no use.
class FieldCursor {
 public:
  explicit FieldCursor(std::string_view text) noexcept : rest_(text) {}

  std::string_view text() noexcept {
    const auto begin = rest_.find_first_not_of(' ');
    if (begin == rest_.npos) {
      rest_ = {};
      ok_ = false;
      return {};
    }
    rest_.remove_prefix(begin);
    const auto field = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(field.size());
    return field;
  }

  template <typename Int>
  Int number(int base = 10) noexcept {
    return take<Int>(text(), base);
  }

  void skip(int count) noexcept {
    for (; count > 0; --count) (void)text();  // only to go past it
  }

  /// A part of a field as a number.
  template <typename Int>
  Int take(std::string_view field, int base = 10) noexcept {
    Int value{};
    const auto [stop, ec] = std::from_chars(field.data(), field.data() + field.size(), value, base);
    ok_ = ok_ && ec == std::errc{} && stop == field.data() + field.size();
    return value;
  }

  bool ok() const noexcept { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace hitch
