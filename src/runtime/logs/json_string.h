#pragma once

#include <string>
#include <string_view>

namespace hitch {

/// Appends `bytes` as a JSON string with its quotes. JSON has no bytes that are not UTF-8: each
/// such byte becomes U+FFFD. RFC 8259
void append_json_string(std::string_view bytes, std::string& out);

/// Appends the inside of a JSON string that is one already: only bytes that are not UTF-8 are
/// replaced, as above.
void append_utf8_text(std::string_view bytes, std::string& out);

}  // namespace hitch
