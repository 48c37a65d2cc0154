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
    friend bool operator==(const Volume&, const Volume&) = default;
  };
  enum class Home { kThrowAway, kReadOnly };
  /// A directory whose content was prepared before and to which the bundle writes copy-on-write.
  struct Prepared {
    std::string source, target;
    bool writable = false;  ///< bind it as it is: it belongs to this run alone
  };

  /// A root of its own for the programs of one service.
  struct Root {
    std::uint32_t number = 0;         ///< from 1, for launches
    std::vector<std::string> layers;  ///< directories, the lowest one first
    bool writable = false;            ///< the only layer belongs to this run alone: no overlay
    std::vector<Volume> volumes;
    std::vector<std::string> tmpfs;
    std::string data_directory;
    std::string working_directory;  ///< is made if it is not there
    std::string passwd, group;      ///< contents
  };

  bool host_view = false;       ///< the caller's view, unchanged but for what a bundle must have
  bool private_network = true;  ///< its settings are the bundle's own
  bool own_users = true;        ///< there is a user namespace: settings about it are its own
  bool nested_users = false;    ///< programs may make user namespaces of their own
  bool callers_are_root = false;
  bool shared_proc = false;      ///< the machine's /proc, read-only, as a fresh one is refused
  std::string scratch = "/tmp";  ///< where the scratch tmpfs is mounted; exists on the host
  std::string bundle_directory;
  Bundle bundle = Bundle::kWritable;
  /// Shown read-only where a private directory would hide them: absolute, existing.
  std::vector<std::string> named_directories;
  std::string home;  ///< empty: none
  Home home_writes = Home::kThrowAway;
  std::vector<Volume> volumes;
  std::vector<std::string> tmpfs;
  std::vector<Prepared> prepared;
  std::vector<std::string> data_directories;  ///< absolute
  std::vector<Root> roots;
  std::string hosts, passwd, group;  ///< contents; empty: the host's file
  std::string resolver;              ///< content of /etc/resolv.conf; empty: the host's file
  std::string resolver_path;         ///< what that is on the host, without symbolic links
};

MountPlan plan_layout(const LayoutRequest& request);

/// A mount point of a bundle that lies in something of the host that the bundle may write to.
struct HostMountPoint {
  std::string root;    ///< the directory of the host that the bundle may write to
  std::string path;    ///< on the host, `root` or below
  std::string source;  ///< what is shown there; empty: a fresh directory
};

/// The mount points for which init would have to make a directory or file on the host's disk if it
/// is not there. The other ones are in the bundle's own tmpfs, or in what is read-only.
std::vector<HostMountPoint> host_mount_points(const LayoutRequest& request);

}  // namespace hitch
