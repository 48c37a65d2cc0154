#include "introspect/tree.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "introspect/parsers.h"
#include "introspect/proc_file.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

/// Longer than any line of stat: a name of 16 bytes and 50 numbers.
constexpr std::size_t kStatBytes = 2048;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { (void)::closedir(directory); }
};

}  // namespace

Result<ProcessTree> ProcessTree::scan() {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir("/proc"));
  if (directory == nullptr) return Error::from_errno(errno, "open directory", "/proc");
  std::vector<TreeProcess> found;
  std::array<char, kStatBytes> buffer;
  while (const dirent* entry = ::readdir(directory.get())) {
    const auto pid = parse_number<pid_t>(entry->d_name);
    if (!pid) continue;
    const auto text = read_proc_file(*pid, "stat", buffer);
    if (!text) continue;  // it has ended since
    if (const auto stat = parse_stat(*text)) {
      found.push_back({.pid = *pid,
                       .parent = stat->parent,
                       .process_group = stat->process_group,
                       .session = stat->session,
                       .start_time = stat->start_time});
    }
  }
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
