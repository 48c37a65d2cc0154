#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/bundle/check_links.h"

namespace hitch {

/// One thing that a service has mounted, and where the file says so.
struct BundleMount {
  enum class Kind { kVolume, kTmpfs, kData };
  Kind kind = Kind::kVolume;
  std::string service{};
  std::filesystem::path source{};  ///< of a volume
  std::filesystem::path target{};
  bool read_only = false;
  std::string root{};  ///< the service, if that has a root of its own, in which this is
  SourceMark mark{};
  std::string path{};  ///< of the key
};

/// What these services have mounted, in the order of the files. All of it is seen by all of them.
std::vector<BundleMount> mounts_of(const std::vector<CheckedService>& services,
                                   const BundleSpec& bundle);

}  // namespace hitch
