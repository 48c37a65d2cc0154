#pragma once

#include <cstddef>
#include <string_view>

namespace hitch {

/// How many bytes at the beginning of `text` are one well-formed character that is not ASCII; 0 if
/// none. Unicode, table 3-7
std::size_t multibyte_length(std::string_view text);

/// How many bytes at the beginning of `text` are one well-formed character; 0 if none.
inline std::size_t character_length(std::string_view text) {
  const bool is_ascii = !text.empty() && static_cast<unsigned char>(text.front()) < 0x80;
  return is_ascii ? 1 : multibyte_length(text);
}

}  // namespace hitch
