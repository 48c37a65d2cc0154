#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hitch::testing {

/// A process as /proc describes it.
struct ProcessInfo {
  pid_t pid = 0, parent = 0;
  char state = '?';
  std::string name;
};

/// Makes orphans below this process its children, so that nothing that hitch has started can leave
/// the tree that `living_descendants` walks. PR_SET_CHILD_SUBREAPER(2const)
void adopt_orphans();

/// Every process below `root` that is not a zombie. A daemon is found as well: see adopt_orphans.
std::vector<ProcessInfo> living_descendants(pid_t root);

/// Every process whose environment holds HITCH_TEST_MARK=`mark`, as far as this user may look.
std::vector<ProcessInfo> marked_processes(const std::string& mark);

/// Waits until no living process is left below this one.
/// @return how long that took, or nothing when the deadline has passed
std::optional<std::chrono::milliseconds> wait_until_alone(std::chrono::milliseconds deadline);

/// Reaps the adopted processes that have ended.
void reap_orphans();

std::string to_text(const std::vector<ProcessInfo>& processes);

}  // namespace hitch::testing
