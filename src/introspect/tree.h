#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// What the tree knows of a process.
struct TreeProcess {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t process_group = 0;
  pid_t session = 0;
  std::uint64_t start_time = 0;  ///< ticks since boot; with the pid it identifies the process
};

/// The processes that this process can see, as one pass over /proc found them. Each line of it is
/// true of a moment; the whole need not have been true at any one. Pids, sessions and groups are
/// those of the reader's pid namespace; all processes of an inner namespace are descendants of its
/// init, as that adopts orphans.
class ProcessTree {
 public:
  /// @return an Error if /proc cannot be read
  static Result<ProcessTree> scan();
  /// A tree of processes that somebody else has listed.
  explicit ProcessTree(std::vector<TreeProcess> processes);

  /// By pid.
  std::span<const TreeProcess> processes() const noexcept { return processes_; }
  /// @return null if there is none; lives as long as the tree
  const TreeProcess* find(pid_t pid) const noexcept;
  /// Children, their children and so on, those of one generation together; without `pid` itself.
  std::vector<TreeProcess> descendants_of(pid_t pid) const;

 private:
  std::vector<TreeProcess> processes_;  ///< sorted by pid
};

}  // namespace hitch
