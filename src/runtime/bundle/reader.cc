#include "runtime/bundle/reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace hitch {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

unsigned char byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

std::string hex_byte(unsigned char byte) {
  std::array<char, 8> text{};
  (void)std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned>(byte));
  return text.data();
}

/// Why these bytes are not text at all, if they are not.
std::optional<std::pair<std::size_t, std::string>> find_bad_byte(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    return std::pair(std::size_t{0}, std::string("the file is UTF-16; save it as UTF-8"));
  }
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char c = byte_at(bytes, i);
    if (c == 0) return std::pair(i, std::string("a NUL byte; this is not a text file"));
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      return std::pair(i, "control character " + hex_byte(c) + "; write it as an escape");
    }
    const std::size_t length = utf8_length(bytes, i);
    if (length == 0) return std::pair(i, "byte " + hex_byte(c) + " is not valid UTF-8");
    i += length;
  }
  return std::nullopt;
}

std::optional<Node> read_any(const std::string& name, std::string_view bytes, Diagnostics& out) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') {
    Diagnostics ignored;  // YAML can start with '{' too, and its reader explains better then
    if (auto node = read_json(name, bytes, ignored)) return node;
  }
  return read_yaml(name, bytes, out);
}

}  // namespace

std::size_t utf8_length(std::string_view bytes, std::size_t i) {
  const unsigned lead = byte_at(bytes, i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + length > bytes.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(bytes, i + k) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte_at(bytes, i + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0U | (code >> 12U));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0U | (code >> 18U));
    tail(12), tail(6), tail(0);
  }
}

SourceMark mark_at(const std::string& name, std::string_view bytes, std::size_t offset) {
  const auto before = bytes.substr(0, std::min(offset, bytes.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto in_line = before.substr(line_start);
  const auto characters = std::count_if(in_line.begin(), in_line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  });
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {name, static_cast<int>(lines) + 1, static_cast<int>(characters) + 1};
}

std::optional<Node> read_document(const std::string& name, std::string_view bytes, Format format,
                                  Diagnostics& out) {
  if (bytes.size() > kMaxFileBytes) {
    out.add({name}, {}, "the file is larger than 4 MiB, which no bundle file is");
    return std::nullopt;
  }
  if (const auto bad = find_bad_byte(bytes)) {
    out.add(mark_at(name, bytes, bad->first), {}, bad->second);
    return std::nullopt;
  }
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    out.add({name}, {}, "the file is empty");
    return std::nullopt;
  }
  auto root = format == Format::kYaml   ? read_yaml(name, bytes, out)
              : format == Format::kJson ? read_json(name, bytes, out)
                                        : read_any(name, bytes, out);
  if (root && !root->is_mapping()) {
    out.add(root->mark, {}, "expected a map of keys, found " + std::string(kind_text(*root)));
    return std::nullopt;
  }
  return root;
}

}  // namespace hitch
