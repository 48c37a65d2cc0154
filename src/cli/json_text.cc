#include "cli/json_text.h"

#include <array>
#include <cstddef>

namespace hitch {

namespace {

constexpr std::string_view kReplacement = "\\ufffd";

/// How many bytes of `text` are one well-formed character that is not ASCII; 0 if none. Unicode,
/// table 3-7.
std::size_t multibyte_length(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = at(0);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

void append_ascii(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (byte < 0x20 || byte == 0x7f) {
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  } else {
    out += c;
  }
}

}  // namespace

void append_json_string(std::string_view bytes, std::string& out) {
  out += '"';
  while (!bytes.empty()) {
    std::size_t taken = 1;
    if (static_cast<unsigned char>(bytes[0]) < 0x80) {
      append_ascii(bytes[0], out);
    } else if (const std::size_t length = multibyte_length(bytes); length > 0) {
      out += bytes.substr(0, length);
      taken = length;
    } else {
      out += kReplacement;
    }
    bytes.remove_prefix(taken);
  }
  out += '"';
}

}  // namespace hitch
