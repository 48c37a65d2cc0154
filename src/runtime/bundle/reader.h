#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/node.h"

namespace hitch {

enum class Format {
  kYaml,
  kJson,  ///< strictly RFC 8259
  kAny,   ///< JSON if it reads as JSON, else YAML; for standard input, which has no name
};

/// Bounds on what is read. No bundle comes near them; a file that does is a mistake or an attack.
inline constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxNodes = 100'000;  ///< after aliases have been expanded
inline constexpr int kMaxDepth = 50;

/// Reads one document.
/// @param name   of the file, for messages
/// @param bytes  what it holds; anything at all
/// @return its tree, whose root is a mapping, or nothing after at least one error to `out`
std::optional<Node> read_document(const std::string& name, std::string_view bytes, Format format,
                                  Diagnostics& out);

/// The two readers behind it; the bytes are UTF-8 without byte-order mark and NUL by then.
std::optional<Node> read_yaml(const std::string& name, std::string_view bytes, Diagnostics& out);
std::optional<Node> read_json(const std::string& name, std::string_view bytes, Diagnostics& out);

/// Appends the UTF-8 form of a character; RFC 3629, section 3.
void append_utf8(std::string& text, std::uint32_t code);

/// Length of the well-formed UTF-8 character at byte `i`, or 0. RFC 3629, section 4
std::size_t utf8_length(std::string_view bytes, std::size_t i);

/// Line and column, both from 1 and the column in characters, of a byte.
SourceMark mark_at(const std::string& name, std::string_view bytes, std::size_t offset);

}  // namespace hitch
