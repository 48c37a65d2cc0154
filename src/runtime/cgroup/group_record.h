#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cgroup/own_groups.h"

namespace hitch {

/// What a run has changed in the machine's control groups.
struct GroupChanges {
  struct Enabled {
    std::filesystem::path parent;
    std::vector<Controller> controllers;  ///< that it was told to hand down
  };
  std::vector<std::filesystem::path> groups;  ///< made by the run, each with all below it
  std::vector<Enabled> enabled;
};

/// The name of every group that hitch makes for a run, in whichever tree.
std::string group_name_of_run(const std::string& run_id);

/// In the runtime directory of a run.
inline constexpr const char* kGroupRecordFile = "groups";

/// Keeps a list of changes in a file, each before it is made: whoever finds the file in the
/// directory of a run that was killed can undo them.
class GroupRecord {
 public:
  explicit GroupRecord(std::filesystem::path file) : file_(std::move(file)) {}
  Status add_group(const std::filesystem::path& group) const;
  Status add_enabled(const GroupChanges::Enabled& enabled) const;

 private:
  std::filesystem::path file_;
};

/// Reads such a file. Lines that no hitch has written are passed over.
GroupChanges parse_group_record(std::string_view text);

/// Tells a parent to hand down what it did not hand down before, or no longer.
Status hand_down(const std::filesystem::path& parent, const std::vector<Controller>& controllers,
                 bool on);

/// Takes `enabled` back, unless another run has groups there. Best effort: what is handed down to
/// nobody does nothing.
void take_back(const GroupChanges::Enabled& enabled);

/// One process changes a group's children at a time. It waits for others only for a moment: these
/// locks are open to everybody who may read the directory. flock(2)
class GroupLock {
 public:
  explicit GroupLock(const std::filesystem::path& group);

 private:
  UniqueFd directory_;
};

/// Undoes what a killed run has left, by its record: kills who is still in its groups, which is
/// nobody as long as the kernel ended them with their init, and removes the groups.
void remove_leftover_groups(const std::filesystem::path& record);

}  // namespace hitch
