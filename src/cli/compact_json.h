#pragma once

#include <string>
#include <string_view>

namespace hitch {

/// Appends a JSON text without the blanks between its values. Numbers, escapes and the order of
/// keys stay as they were written; bytes that are not UTF-8 become U+FFFD. RFC 8259
/// @param json  of which is_json_text() holds
void append_compact_json(std::string_view json, std::string& out);

}  // namespace hitch
