#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/model.h"

namespace hitch {

enum class NodeKind { kNull, kScalar, kSequence, kMapping };

/// How a value is laid over the one of an earlier file. compose-spec, "Merge"
enum class MergeTag {
  kNone,
  kReset,     ///< `!reset`: as if the earlier file had not given the key
  kOverride,  ///< `!override`: replaces what would have been merged
};

struct Entry;

/// One value of a bundle file, whatever format the file is in. A tree of these is all that the rest
/// of the room knows about a file.
struct Node {
  NodeKind kind = NodeKind::kNull;
  /// A scalar that was quoted is text and nothing else; a plain one may be a number or true.
  bool quoted = false;
  /// An error about this value has been given already: whoever reads it leaves without another.
  bool unusable = false;
  MergeTag merge = MergeTag::kNone;
  SourceMark mark;
  std::string text;            ///< of a scalar, as it was written
  std::vector<Node> items;     ///< of a sequence
  std::vector<Entry> entries;  ///< of a mapping, in the order of the file; the keys are unique

  bool is_scalar() const noexcept { return kind == NodeKind::kScalar; }
  bool is_sequence() const noexcept { return kind == NodeKind::kSequence; }
  bool is_mapping() const noexcept { return kind == NodeKind::kMapping; }

  /// The entry of a mapping with this key, or null.
  const Entry* find(std::string_view key) const noexcept;
  Entry* find(std::string_view key) noexcept;
  /// The value of a mapping's entry, or null.
  const Node* value(std::string_view key) const noexcept;
  /// Removes a mapping's entry if there is one.
  void erase(std::string_view key);
};

/// A key of a mapping with its value.
struct Entry {
  std::string key;
  std::string shown;  ///< the key as it was written, where that differs: an alias, or "[2]"
  SourceMark mark;    ///< of the key
  Node value;

  std::string_view shown_key() const noexcept { return shown.empty() ? key : shown; }
};

/// A scalar that was not in any file, placed at `mark`.
Node make_scalar(std::string text, SourceMark mark);

/// "a list", "a map", "text", "nothing": what a value is, for messages.
std::string_view kind_text(const Node& node);

}  // namespace hitch
