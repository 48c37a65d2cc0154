#pragma once

#include <string>
#include <vector>

#include "introspect/snapshot.h"

namespace hitch {

/// A table of processes for people, children indented below their parents. What they run is read
/// from /proc now.
std::string tree_text(const std::vector<const introspect::SnapshotProcess*>& processes);

/// "12.3M": mebibytes, as people read memory.
std::string megabytes(std::uint64_t bytes);

}  // namespace hitch
