#include "runtime/client/json_bridge.h"

#include <boost/json/parse.hpp>
#include <cmath>
#include <string>

#include "runtime/client/hitch/errors.h"

namespace hitch {

namespace {

using client::Json;

// Far deeper than what programs print, and not so deep that taking it apart ends the stack.
constexpr std::size_t kMostNested = 200;

Json array_of(const json::array& values) {
  Json::Array elements;
  elements.reserve(values.size());
  for (const auto& value : values) elements.push_back(public_json(value));
  return elements;
}

Json object_of(const json::object& members) {
  Json::Object object;
  for (const auto& member : members) {
    object.insert_or_assign(std::string(member.key()), public_json(member.value()));
  }
  return object;
}

Json number_of(double value) {
  if (std::isfinite(value)) return value;
  throw client::JsonError("not JSON: a number is too large");
}

json::value internal_array(const Json& value) {
  json::array elements;
  for (const auto& element : value.as_array()) elements.push_back(internal_json(element));
  return elements;
}

json::value internal_object(const Json& value) {
  json::object members;
  for (const auto& [key, member] : value.as_object()) members[key] = internal_json(member);
  return members;
}

json::value internal_number(const Json& value) {
  if (value.is_integer()) return value.as_int();
  if (value.is_unsigned()) return value.as_uint();
  return value.as_double();
}

}  // namespace

Json public_json(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return nullptr;
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:
      return value.get_uint64();
    case json::kind::double_:
      return number_of(value.get_double());
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::array:
      return array_of(value.get_array());
    case json::kind::object:
      return object_of(value.get_object());
  }
  return nullptr;
}

json::value internal_json(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_number()) return internal_number(value);
  if (value.is_string()) return json::value(value.as_string());
  if (value.is_array()) return internal_array(value);
  if (value.is_object()) return internal_object(value);
  return nullptr;
}

bool read_json_line(std::string_view line, Json& into) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos || (line[begin] != '{' && line[begin] != '[')) return false;
  json::parse_options options;
  options.max_depth = kMostNested;
  boost::system::error_code ec;
  const auto value = json::parse(line, ec, {}, options);
  if (ec) return false;
  try {
    into = public_json(value);
  } catch (const client::JsonError&) {
    return false;
  }
  return true;
}

}  // namespace hitch
