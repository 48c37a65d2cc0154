#pragma once

#include <string>
#include <vector>

#include "runtime/namespaces/mounts.h"

namespace hitch {

/// What a bundle sees of the file system; how that is planned. docs/isolation.md
struct LayoutRequest {
  enum class Bundle { kWritable, kThrowAway };

  struct Volume {
    std::string source, target;
    bool read_only = false;
  };
  /// A directory whose content was prepared before and to which the bundle writes copy-on-write.
  struct Prepared {
    std::string source, target;
    bool writable = false;  ///< bind it as it is: it belongs to this run alone
  };

  bool host_view = false;        ///< the caller's view, unchanged but for what a bundle must have
  bool private_network = true;   ///< its settings are the bundle's own
  std::string scratch = "/tmp";  ///< where the scratch tmpfs is mounted; exists on the host
  std::string bundle_directory;
  Bundle bundle = Bundle::kWritable;
  /// Shown read-only where a private directory would hide them: absolute, existing.
  std::vector<std::string> named_directories;
  std::string home;  ///< empty: none
  std::vector<Volume> volumes;
  std::vector<std::string> tmpfs;
  std::vector<Prepared> prepared;
  std::vector<std::string> data_directories;  ///< absolute
  std::string hosts, passwd, group;           ///< contents; empty: the host's file
};

MountPlan plan_layout(const LayoutRequest& request);

}  // namespace hitch
