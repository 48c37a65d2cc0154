#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "introspect/tree.h"

namespace hitch::introspect {

/// What one look at the machine knows of a process.
struct SnapshotProcess {
  pid_t pid = 0;
  pid_t inner_pid = 0;           ///< in its own pid namespace; 0: not known
  pid_t parent = 0;              ///< may be one that is not in the snapshot
  std::uint64_t start_time = 0;  ///< ticks since boot; with the pid it identifies the process
  char state = '?';              ///< R, S, D, Z, T… status_word() has it in words
  std::string name;              ///< at most 15 bytes, any
  double cpu_seconds = 0;        ///< user and system
  std::uint64_t rss_bytes = 0;   ///< resident
  int threads = 0;
  int nice = 0;
};

/// All processes below one, such as the init of a bundle, or all of the machine, found in one pass
/// over /proc. Each line of it is true of a moment; the whole need not have been true at any one.
class Snapshot {
 public:
  /// @return an Error if /proc cannot be read
  static Result<Snapshot> of_all();
  /// The descendants of a process and itself.
  static Result<Snapshot> below(pid_t root);

  /// By pid.
  const std::vector<SnapshotProcess>& processes() const noexcept { return processes_; }
  /// @return null if there is none; lives as long as the snapshot
  const SnapshotProcess* find(pid_t pid) const noexcept;
  /// The same processes by their families.
  const ProcessTree& tree() const noexcept { return tree_; }
  std::chrono::steady_clock::time_point taken_at() const noexcept { return taken_at_; }

 private:
  Snapshot(std::vector<SnapshotProcess> processes, ProcessTree tree);

  std::vector<SnapshotProcess> processes_;
  ProcessTree tree_;
  std::chrono::steady_clock::time_point taken_at_;
};

/// Processor time used between two snapshots, in per cent of one processor.
/// @param before  null: it was not there
double cpu_percent_between(const SnapshotProcess* before, const SnapshotProcess& after,
                           std::chrono::duration<double> span);

}  // namespace hitch::introspect
