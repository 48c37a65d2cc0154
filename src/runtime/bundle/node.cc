#include "runtime/bundle/node.h"

#include <algorithm>
#include <utility>

namespace hitch {

const Entry* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Entry* Node::find(std::string_view key) noexcept {
  return const_cast<Entry*>(std::as_const(*this).find(key));
}

const Node* Node::value(std::string_view key) const noexcept {
  const Entry* entry = find(key);
  return entry != nullptr ? &entry->value : nullptr;
}

void Node::erase(std::string_view key) {
  std::erase_if(entries, [key](const Entry& entry) { return entry.key == key; });
}

Node make_scalar(std::string text, SourceMark mark) {
  Node node;
  node.kind = NodeKind::kScalar;
  node.text = std::move(text);
  node.mark = std::move(mark);
  return node;
}

std::string_view kind_text(const Node& node) {
  switch (node.kind) {
    case NodeKind::kNull:
      return "nothing";
    case NodeKind::kScalar:
      return "text";
    case NodeKind::kSequence:
      return "a list";
    case NodeKind::kMapping:
      return "a map";
  }
  return "";
}

}  // namespace hitch
