#pragma once

#include <vector>

#include "runtime/bundle/bundle_mounts.h"

namespace hitch {

/// Errors: two different things at one path, as the one mounted last would win without a word. The
/// same volume twice is none: replicas have theirs from one line of the file.
void check_targets(const std::vector<BundleMount>& mounts, Diagnostics& out);

}  // namespace hitch
