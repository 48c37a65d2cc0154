#include "introspect/snapshot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "introspect/machine.h"
#include "introspect/proc_scan.h"
#include "introspect/process_text.h"

namespace hitch::introspect {

namespace {

/// Longer than status, but for one with hundreds of groups: NSpid is before those end.
constexpr std::size_t kStatusBytes = 8192;

SnapshotProcess process_of(const ProcStat& stat) {
  SnapshotProcess process;
  process.pid = stat.pid;
  process.parent = stat.parent;
  process.start_time = stat.start_time;
  process.state = stat.state;
  process.name = stat.comm;
  process.cpu_seconds = static_cast<double>(stat.utime + stat.stime) / ticks_per_second();
  const auto pages = static_cast<std::uint64_t>(std::max<std::int64_t>(stat.rss_pages, 0));
  process.rss_bytes = pages * page_bytes();
  process.threads = stat.threads;
  process.nice = stat.nice;
  return process;
}

bool is_before(const SnapshotProcess& process, pid_t pid) noexcept {
  return process.pid < pid;
}

/// What a scan finds, by pid.
struct Found {
  std::vector<SnapshotProcess> processes;
  std::vector<TreeProcess> tree;
};

Result<Found> scan(const ProcScan& all) {
  Found found;
  const auto add = [&found](const ProcStat& stat) {
    found.processes.push_back(process_of(stat));
    found.tree.push_back({.pid = stat.pid,
                          .parent = stat.parent,
                          .process_group = stat.process_group,
                          .session = stat.session,
                          .start_time = stat.start_time});
  };
  HITCH_CHECK(all.visit_stats(add));
  std::sort(found.processes.begin(), found.processes.end(),
            [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return found;
}

/// Leaves a process and its descendants.
void keep_below(pid_t root, Found& found) {
  const ProcessTree tree(found.tree);
  auto kept = tree.descendants_of(root);
  if (const auto* own = tree.find(root)) kept.push_back(*own);
  std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  std::vector<SnapshotProcess> processes;
  processes.reserve(kept.size());
  for (const auto& process : kept) {
    const auto at =
        std::lower_bound(found.processes.begin(), found.processes.end(), process.pid, is_before);
    processes.push_back(std::move(*at));
  }
  found.processes = std::move(processes);
  found.tree = std::move(kept);
}

}  // namespace

Snapshot::Snapshot(std::vector<SnapshotProcess> processes, ProcessTree tree)
    : processes_(std::move(processes)),
      tree_(std::move(tree)),
      taken_at_(std::chrono::steady_clock::now()) {}

Result<Snapshot> Snapshot::of_all() {
  return below(0);
}

Result<Snapshot> Snapshot::below(pid_t root) {
  HITCH_TRY(const auto all, ProcScan::open());
  HITCH_TRY(auto found, scan(all));
  if (root != 0) keep_below(root, found);
  std::array<char, kStatusBytes> buffer;
  for (auto& process : found.processes) {
    process.inner_pid = inner_pid_in(all.read(process.pid, "status", buffer));
  }
  return Snapshot(std::move(found.processes), ProcessTree(std::move(found.tree)));
}

const SnapshotProcess* Snapshot::find(pid_t pid) const noexcept {
  const auto found = std::lower_bound(processes_.begin(), processes_.end(), pid, is_before);
  return found != processes_.end() && found->pid == pid ? &*found : nullptr;
}

double cpu_percent_between(const SnapshotProcess* before, const SnapshotProcess& after,
                           std::chrono::duration<double> span) {
  if (span.count() <= 0) return 0;
  const bool is_same = before != nullptr && before->start_time == after.start_time;
  const double used = after.cpu_seconds - (is_same ? before->cpu_seconds : 0);
  return std::max(used, 0.0) / span.count() * 100;
}

}  // namespace hitch::introspect
