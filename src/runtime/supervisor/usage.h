#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "introspect/tree.h"

namespace hitch {

/// What the processes of one service use now, together.
struct ServiceUsage {
  double cpu_seconds = 0;         ///< user and system, of those that live
  std::int64_t memory_bytes = 0;  ///< resident; pages that are shared count for each
  std::vector<int> ports;         ///< of TCP, on which they listen; sorted
};

/// What is the same for all services of a bundle at one moment: all of /proc is read once.
class BundleUsage {
 public:
  /// @param init_pid  as this process sees it
  explicit BundleUsage(pid_t init_pid);
  /// @param main_pid  of the service, as this process sees it
  ServiceUsage of(pid_t main_pid) const;

 private:
  pid_t init_pid_;
  Result<ProcessTree> tree_;
  std::map<std::uint64_t, int> listening_;  ///< port by inode of the socket
};

}  // namespace hitch
