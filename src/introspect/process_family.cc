#include <utility>

#include "introspect/process.h"
#include "introspect/process_state.h"
#include "introspect/tree.h"

namespace hitch::introspect {

Answer<pid_t> Process::ppid() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return stat->parent;
}

Answer<std::optional<Process>> Process::parent() const {
  HITCH_TRY(const auto pid, ppid());
  // 0: the first process of a pid namespace, or one whose parent is outside of it.
  if (pid <= 0) return std::optional<Process>();
  auto found = open(pid);
  if (!found) return std::optional<Process>();
  // A parent is older than its children; another one has taken over its pid.
  if (found->start_ticks() > start_ticks_) return std::optional<Process>();
  return std::optional<Process>(*std::move(found));
}

Answer<std::vector<Process>> Process::parents() const {
  std::vector<Process> found;
  HITCH_TRY(auto next, parent());
  while (next) {
    auto above = next->parent();
    found.push_back(*std::exchange(next, std::nullopt));
    if (above && *above) next = *std::move(*above);
  }
  return found;
}

Answer<std::vector<Process>> Process::children(Depth depth) const {
  HITCH_CHECK(state_->check_call(0, "list its children"));
  const auto tree = ProcessTree::scan();
  if (!tree) {
    return ProcessError(ProcessErrorKind::kOther, pid_, tree.error().err(), "list its children");
  }
  std::vector<Process> found;
  for (const auto& process : tree->descendants_of(pid_)) {
    // Who has ended meanwhile may have left a pid to a process of somebody else.
    if (process.start_time < start_ticks_) continue;
    if (depth == Depth::kChildren && process.parent != pid_) continue;
    found.emplace_back(process.pid, process.start_time);
  }
  return found;
}

}  // namespace hitch::introspect
