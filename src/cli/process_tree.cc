#include "cli/process_tree.h"

#include <algorithm>

#include "cli/safe_text.h"
#include "cli/text_table.h"
#include "introspect/process.h"
#include "introspect/process_text.h"

namespace hitch {

namespace {

using introspect::SnapshotProcess;

/// Its words, or its name where it has none, on one line that is harmless for a terminal.
std::string words_of(const SnapshotProcess& process) {
  constexpr std::size_t kMost = 200;
  const auto words = introspect::Process(process.pid, process.start_time).cmdline();
  std::string text;
  if (words) {
    for (const auto& word : *words) text += (text.empty() ? "" : " ") + word;
  }
  if (text.empty()) text = '[' + process.name + ']';
  if (text.size() > kMost) {
    text.resize(kMost);
    text += "...";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::string out;
  SafeText safe(ColorMode::kNever);
  safe.add(text, out);
  (void)safe.finish(out);  // there are no colours to reset
  return out;
}

class TreeTable {
 public:
  explicit TreeTable(const std::vector<const SnapshotProcess*>& processes)
      : processes_(processes) {}

  std::string text() {
    for (const auto* process : processes_) {
      if (!has(process->parent)) add(*process, 0);
    }
    return table_.text();
  }

 private:
  bool has(pid_t pid) const {
    return std::any_of(processes_.begin(), processes_.end(),
                       [pid](const auto* process) { return process->pid == pid; });
  }

  void add(const SnapshotProcess& process, std::size_t depth) {
    table_.add({std::to_string(process.pid), std::to_string(process.inner_pid),
                std::string(introspect::status_word(process.state)),
                short_span(process.cpu_seconds), megabytes(process.rss_bytes),
                std::to_string(process.threads), std::string(2 * depth, ' ') + words_of(process)});
    // Pids may be taken over while /proc is read, so that there might be a circle.
    if (depth >= processes_.size()) return;
    for (const auto* child : processes_) {
      if (child->parent == process.pid && child->pid != process.pid) add(*child, depth + 1);
    }
  }

  const std::vector<const SnapshotProcess*>& processes_;
  TextTable table_{{"PID", "INSIDE", "STATE", "CPU", "MEMORY", "THREADS", "COMMAND"}};
};

}  // namespace

std::string tree_text(const std::vector<const SnapshotProcess*>& processes) {
  return TreeTable(processes).text();
}

std::string megabytes(std::uint64_t bytes) {
  const auto tenths = bytes * 10 / (1 << 20);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + 'M';
}

}  // namespace hitch
