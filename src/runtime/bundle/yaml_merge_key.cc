#include "runtime/bundle/yaml_merge_key.h"

#include <utility>

namespace hitch {

bool apply_merge_key(Node& map, Node merged) {
  if (merged.is_sequence()) {
    for (Node& item : merged.items) {
      if (!item.is_mapping() || !apply_merge_key(map, std::move(item))) return false;
    }
    return true;
  }
  if (!merged.is_mapping()) return false;
  for (Entry& entry : merged.entries) {
    if (map.find(entry.key) == nullptr) map.entries.push_back(std::move(entry));
  }
  return true;
}

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Entry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

}  // namespace hitch
