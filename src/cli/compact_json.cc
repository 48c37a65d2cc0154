#include "cli/compact_json.h"

#include "runtime/logs/json_string.h"

namespace hitch {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Length of the string that `json` begins with, with its quotes.
std::size_t string_length(std::string_view json) {
  for (std::size_t from = 1;;) {
    const auto quote = json.find('"', from);
    if (quote == json.npos) return json.size();  // not JSON: the caller's mistake, no overrun
    const auto content = json.substr(0, quote);
    const auto last = content.find_last_not_of('\\');
    if ((quote - 1 - last) % 2 == 0) return quote + 1;  // an even number of backslashes before it
    from = quote + 1;
  }
}

/// Length of what comes before the next blank or string; blanks are seldom in pairs.
std::size_t plain_length(std::string_view json) {
  std::size_t i = 0;
  while (i < json.size() && json[i] != '"' && !is_blank(json[i])) ++i;
  return i;
}

}  // namespace

void append_compact_json(std::string_view json, std::string& out) {
  out.reserve(out.size() + json.size());
  while (!json.empty()) {
    std::size_t taken = 1;
    if (json.front() == '"') {
      taken = string_length(json);
      append_utf8_text(json.substr(0, taken), out);
    } else if (!is_blank(json.front())) {
      taken = plain_length(json);
      out += json.substr(0, taken);
    }
    json.remove_prefix(taken);
  }
}

}  // namespace hitch
