#include "cli/field_text.h"

#include <boost/json/parse.hpp>

#include "cli/safe_text.h"
#include "introspect/field_json.h"
#include "runtime/client/connection.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

std::string harmless(std::string_view text) {
  std::string out;
  SafeText safe(ColorMode::kNever);
  // A line end within a value is shown too, as it would begin a line of somebody else's.
  for (const char c : text) {
    if (c == '\n') {
      safe.add("\\n", out);
    } else {
      safe.add({&c, 1}, out);
    }
  }
  (void)safe.finish(out);  // there are no colours to reset
  return out;
}

/// A value within a line.
std::string inline_text(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return harmless(value.get_string());
  std::string text;
  if (value.is_array()) {
    for (const auto& item : value.get_array())
      text += (text.empty() ? "" : " ") + inline_text(item);
    return text;
  }
  if (value.is_double()) {
    introspect::FieldJson(text).write_number(value.get_double());
    return text;
  }
  if (!value.is_object()) return json_text(value);
  const auto& object = value.get_object();
  if (object.contains("ip") && object.contains("port")) {
    const auto ip = inline_text(object.at("ip"));
    const bool is_six = ip.find(':') != ip.npos;
    return (is_six ? '[' + ip + ']' : ip) + ':' + inline_text(object.at("port"));
  }
  for (const auto& [name, member] : object) {
    text += (text.empty() ? "" : " ") + harmless(name) + '=' + inline_text(member);
  }
  return text;
}

bool is_list_of_tuples(const json::value& value) {
  return value.is_array() && !value.get_array().empty() && value.get_array().front().is_object();
}

/// Variables of an environment, and limits: their names are no part of a tuple.
bool is_table(const json::value& value) {
  if (!value.is_object() || value.get_object().empty()) return false;
  const auto& first = value.get_object().begin()->value();
  return first.is_object() || first.is_string();
}

}  // namespace

std::string field_text(std::string_view value) {
  const auto parsed = json::parse({value.data(), value.size()});
  std::string text;
  if (is_list_of_tuples(parsed)) {
    for (const auto& item : parsed.get_array()) text += "\n  " + inline_text(item);
  } else if (is_table(parsed)) {
    for (const auto& [name, item] : parsed.get_object()) {
      text += "\n  " + harmless(name) + ": " + inline_text(item);
    }
  } else {
    text = inline_text(parsed);
  }
  return text;
}

}  // namespace hitch
