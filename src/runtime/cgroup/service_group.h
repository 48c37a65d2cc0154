#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/cgroup/place.h"

namespace hitch {

/// How often the kernel has killed a process of a group for want of memory.
struct OutOfMemory {
  std::uint64_t kills = 0;
  bool at_own_limit = false;  ///< the group's own limit was reached; else it was somebody else's
};

/// The control groups of one service: one with cgroup v2, one for each tree with v1.
class ServiceGroup {
 public:
  /// Makes a group for the service in `bundle_group`, which is in `place`.
  Status add(const Place& place, const std::filesystem::path& bundle_group,
             const std::string& service);

  /// Of memory and swap together, files in a tmpfs included.
  Status limit_memory(std::uint64_t bytes) const;
  /// So many seconds of processors in each second; at least 0.01.
  Status limit_cpus(double cpus) const;
  /// Of processes and threads.
  Status limit_pids(std::uint64_t count) const;

  /// What a process writes "0" to in order to enter; borrowed. Opened by who may write there, which
  /// is what counts, so whoever they are handed to may. Without the one that is frozen: who enters
  /// there does not even get to its exec. cgroups(7)
  std::vector<int> entrances() const;
  /// Moves a process into the group with cgroup v2. @return an Error with ESRCH if it has ended
  Status adopt(pid_t pid) const;

  bool has_unified() const noexcept { return !unified_.empty(); }
  bool has_memory() const noexcept { return !memory_.empty(); }
  /// The processes in the group with cgroup v2.
  std::vector<pid_t> members() const;
  /// All of its processes stand still, or go on, and nobody sees a signal. They can be killed
  /// while they stand still.
  Status freeze(bool on);

  OutOfMemory out_of_memory() const;
  /// How often a process was refused because of the limit of processes.
  std::uint64_t refused_processes() const;

 private:
  std::filesystem::path memory_, cpu_, pids_;  ///< with the controller; empty: there is none
  std::filesystem::path unified_;              ///< of cgroup v2; empty: there is none
  std::vector<UniqueFd> entrances_;
  std::size_t unified_entrance_ = 0;  ///< which of them, if there is one
  bool frozen_ = false;
};

}  // namespace hitch
