#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace hitch {

/// What the processes of one service use now, together.
struct ServiceUsage {
  double cpu_seconds = 0;         ///< user and system, of those that live
  std::int64_t memory_bytes = 0;  ///< resident; pages that are shared count for each
  std::vector<int> ports;         ///< of TCP, on which they listen; sorted
};

/// @param init_pid, main_pid  as this process sees them
ServiceUsage usage_of_service(pid_t init_pid, pid_t main_pid);

}  // namespace hitch
