#include "runtime/logs/json_string.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/base/utf8.h"

namespace hitch {

namespace {

constexpr std::string_view kReplacement = "\\ufffd";

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

/// How many bytes from the front are ASCII. Eight at a time: nearly all of a log is.
std::size_t ascii_length(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (i < bytes.size() && static_cast<unsigned char>(bytes[i]) < 0x80) ++i;
  return i;
}

/// Takes one character that is not ASCII, or one byte that is none, from the front.
void take_multibyte(std::string_view& bytes, std::string& out) {
  const std::size_t length = multibyte_length(bytes);
  if (length > 0) {
    out += bytes.substr(0, length);
  } else {
    out += kReplacement;
  }
  bytes.remove_prefix(length > 0 ? length : 1);
}

/// How many bytes from the front can stand in a JSON string as they are.
std::size_t plain_length(std::string_view bytes) {
  const auto is_plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  };
  return static_cast<std::size_t>(std::find_if_not(bytes.begin(), bytes.end(), is_plain) -
                                  bytes.begin());
}

}  // namespace

void append_json_string(std::string_view bytes, std::string& out) {
  out += '"';
  while (!bytes.empty()) {
    const std::size_t plain = plain_length(bytes);
    out += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    if (static_cast<unsigned char>(bytes[0]) >= 0x80) {
      take_multibyte(bytes, out);
    } else {
      append_ascii(bytes[0], out);
      bytes.remove_prefix(1);
    }
  }
  out += '"';
}

void append_utf8_text(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t ascii = ascii_length(bytes);
    out += bytes.substr(0, ascii);
    bytes.remove_prefix(ascii);
    if (!bytes.empty()) take_multibyte(bytes, out);
  }
}

}  // namespace hitch
