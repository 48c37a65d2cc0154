#pragma once

#include <filesystem>

#include "runtime/bundle/bundle_mounts.h"

namespace hitch {

/// What something is mounted on.
enum class TargetKind {
  kNothingKnown,  ///< nothing is there, or what is there is only known once the bundle runs
  kDirectory,
  kOther,
};

/// What a bundle will have at `target` before anything is mounted there.
/// @param mounts  of all services
TargetKind kind_of_target(const std::filesystem::path& target, const BundleSpec& bundle,
                          const std::vector<BundleMount>& mounts);

}  // namespace hitch
