#pragma once

#include <vector>

#include "runtime/bundle/check_links.h"

namespace hitch {

/// So many volumes and data directories a bundle can have: kMountSlots of namespaces/mounts.h
/// without what hitch needs itself, which is device nodes, home, the bundle's directory and those
/// that programs are called from.
inline constexpr std::size_t kMostVolumes = 240;

/// Checks what all services mount together, as the bundle has one view of the file system.
/// Errors: two things at one path, a file to be mounted on a directory or the other way round, more
/// of them than fit.
/// @param services  that are to be run
void check_volumes_together(const std::vector<CheckedService>& services, const BundleSpec& bundle,
                            Diagnostics& out);

}  // namespace hitch
