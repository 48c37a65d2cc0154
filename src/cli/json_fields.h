#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/client/connection.h"

namespace hitch {

// What a bundle says of itself, read leniently: what is not there, or of another type, is empty.

inline std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

inline std::int64_t number_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

inline double real_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_double() ? value->get_double() : 0;
}

}  // namespace hitch
