#pragma once

#include <cstddef>

#include "runtime/bundle/node.h"

namespace hitch {

/// Lays the value of a `<<` key under a mapping: keys that the mapping has stay as they are. A list
/// of maps is taken in order, earlier ones win. https://yaml.org/type/merge.html
/// @return false if the value is neither a map nor a list of maps
bool apply_merge_key(Node& map, Node merged);

/// Values in a tree, itself included.
std::size_t count_nodes(const Node& node);

}  // namespace hitch
