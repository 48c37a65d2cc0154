#include "introspect/tree.h"

#include <algorithm>
#include <utility>

#include "introspect/proc_scan.h"

namespace hitch {

Result<ProcessTree> ProcessTree::scan() {
  HITCH_TRY(const auto all, ProcScan::open());
  std::vector<TreeProcess> found;
  const auto add = [&found](const ProcStat& stat) {
    found.push_back({.pid = stat.pid,
                     .parent = stat.parent,
                     .process_group = stat.process_group,
                     .session = stat.session,
                     .start_time = stat.start_time});
  };
  HITCH_CHECK(all.visit_stats(add));
  return ProcessTree(std::move(found));
}

ProcessTree::ProcessTree(std::vector<TreeProcess> processes) : processes_(std::move(processes)) {
  std::sort(processes_.begin(), processes_.end(),
            [](const TreeProcess& a, const TreeProcess& b) { return a.pid < b.pid; });
}

const TreeProcess* ProcessTree::find(pid_t pid) const noexcept {
  const auto found = std::lower_bound(
      processes_.begin(), processes_.end(), pid,
      [](const TreeProcess& process, pid_t wanted) { return process.pid < wanted; });
  return found != processes_.end() && found->pid == pid ? &*found : nullptr;
}

std::vector<TreeProcess> ProcessTree::descendants_of(pid_t pid) const {
  struct Child {
    pid_t parent;
    const TreeProcess* process;  ///< null: has been found already
  };
  std::vector<Child> children;
  children.reserve(processes_.size());
  for (const auto& process : processes_) children.push_back({process.parent, &process});
  const auto earlier = [](const Child& a, const Child& b) { return a.parent < b.parent; };
  std::stable_sort(children.begin(), children.end(), earlier);
  std::vector<TreeProcess> found;
  pid_t parent = pid;
  // Pids may have been taken over during the scan, so there might be a circle: no child is taken
  // twice.
  for (std::size_t next = 0;; parent = found[next++].pid) {
    const auto [begin, end] =
        std::equal_range(children.begin(), children.end(), Child{parent, nullptr}, earlier);
    for (auto child = begin; child != end; ++child) {
      const auto* process = std::exchange(child->process, nullptr);
      if (process != nullptr && process->pid != pid) found.push_back(*process);
    }
    if (next == found.size()) return found;
  }
}

}  // namespace hitch
