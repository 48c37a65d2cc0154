#include "cli/safe_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace hitch {

namespace {

constexpr std::size_t kLongestColor = 64;  // bytes; longer ones are not meant for colours
constexpr std::size_t kIncomplete = 0;
constexpr std::string_view kHex = "0123456789abcdef";

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte < 0x7f) || byte == '\t';
}

void show_byte(unsigned char byte, std::string& out) {
  if (byte == '\r') {
    out += "\\r";
    return;
  }
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 0xf];
}

void show_code_point(std::uint32_t code, std::string& out) {
  out += "\\u";
  for (const int shift : {12, 8, 4, 0}) out += kHex[(code >> shift) & 0xf];
}

/// C1 controls, what changes the direction of text (UAX #9), and line and paragraph separators.
bool is_control(std::uint32_t code) {
  return (code >= 0x80 && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/// Length of the sequence that a byte begins, 0 if none can begin with it. RFC 3629
std::size_t sequence_length(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/// Whether a byte may follow: the second one is restricted further, against overlong forms,
/// surrogates and what is beyond U+10FFFF. RFC 3629 section 4
bool may_follow(unsigned char lead, std::size_t position, unsigned char byte) {
  if (byte < 0x80 || byte > 0xbf) return false;
  if (position != 1) return true;
  switch (lead) {
    case 0xe0:
      return byte >= 0xa0;
    case 0xed:
      return byte <= 0x9f;
    case 0xf0:
      return byte >= 0x90;
    case 0xf4:
      return byte <= 0x8f;
    default:
      return true;
  }
}

}  // namespace

void SafeText::add(std::string_view piece, std::string& out) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {});
    joined += piece;
    piece = joined;
  }
  while (!piece.empty()) {
    const auto stop = std::find_if_not(piece.begin(), piece.end(), is_plain);
    const auto plain = static_cast<std::size_t>(stop - piece.begin());
    out += piece.substr(0, plain);
    piece.remove_prefix(plain);
    if (piece.empty()) return;
    const auto taken = take(piece, out);
    if (taken == kIncomplete) {
      held_ = piece;
      return;
    }
    piece.remove_prefix(taken);
  }
}

bool SafeText::finish(std::string& out) {
  const std::string rest = std::exchange(held_, {});
  if (rest != "\r") {  // of CR LF
    for (const char c : rest) {
      if (is_plain(c)) {
        out += c;
      } else {
        show_byte(static_cast<unsigned char>(c), out);
      }
    }
  }
  return std::exchange(has_colors_, false);
}

/// Takes what begins with a byte that is not plain. @return how many bytes, or kIncomplete
std::size_t SafeText::take(std::string_view text, std::string& out) {
  const auto first = byte_at(text, 0);
  if (first == 0x1b) return take_escape(text, out);
  if (first >= 0x80) return take_unicode(text, out);
  if (first == '\r' && text.size() == 1) return kIncomplete;
  show_byte(first, out);
  return 1;
}

std::size_t SafeText::take_escape(std::string_view text, std::string& out) {
  const auto is_parameter = [](char c) { return (c >= '0' && c <= '9') || c == ';' || c == ':'; };
  if (text.size() == 1) return kIncomplete;
  if (text[1] == '[') {
    std::size_t i = 2;
    while (i < text.size() && i < kLongestColor && is_parameter(text[i])) ++i;
    if (i == text.size() && i < kLongestColor) return kIncomplete;
    if (i < text.size() && text[i] == 'm') {
      if (colors_ == ColorMode::kAlways) {
        out += text.substr(0, i + 1);
        has_colors_ = true;
      }
      return i + 1;
    }
  }
  show_byte(0x1b, out);
  return 1;
}

std::size_t SafeText::take_unicode(std::string_view text, std::string& out) {
  const auto lead = byte_at(text, 0);
  const auto length = sequence_length(lead);
  std::uint32_t code = length == 0 ? 0 : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return kIncomplete;
    if (!may_follow(lead, i, byte_at(text, i))) {
      show_byte(lead, out);
      return 1;
    }
    code = code << 6 | (byte_at(text, i) & 0x3fU);
  }
  if (length == 0) {
    show_byte(lead, out);
    return 1;
  }
  if (is_control(code)) {
    show_code_point(code, out);
  } else {
    out += text.substr(0, length);
  }
  return length;
}

}  // namespace hitch
