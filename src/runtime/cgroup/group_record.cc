#include "runtime/cgroup/group_record.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "runtime/cgroup/group_files.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view kPrefix = "hitch-";
constexpr std::string_view kGroup = "group ", kEnabled = "enabled ";
constexpr milliseconds kPause{2};

bool is_ours(const fs::path& group) {
  return group.is_absolute() && group.filename().native().starts_with(kPrefix) &&
         (is_group_v1(group) || is_group_v2(group));
}

Status append_line(const fs::path& file, const std::string& line) {
  const UniqueFd out(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!out.is_open()) return Error::from_errno(errno, "open", file.native());
  if (::write(out.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return Error::from_errno(errno, "write to", file.native());
  }
  return Done{};
}

bool has_groups_of_runs(const fs::path& parent) {
  std::error_code ec;
  for (fs::directory_iterator it(parent, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->is_directory(ec) && it->path().filename().native().starts_with(kPrefix)) return true;
  }
  return false;
}

/// "memory pids": its words.
std::vector<Controller> controllers_in(std::string_view words) {
  std::vector<Controller> found;
  for (const auto controller : kControllers) {
    if (has_word(words, name_of(controller))) found.push_back(controller);
  }
  return found;
}

/// A group that is a file system's root, or below, of a run that is no more.
void remove_left(const fs::path& group) {
  if (!is_ours(group)) return;
  constexpr int kTries = 500;
  (void)write_group_file(group / "cgroup.kill", "1");  // all below it, frozen ones too; v2 alone
  for (int i = 0; i < kTries; ++i) {
    const auto gone = remove_group(group);
    if (gone || gone.error().err() != EBUSY) return;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

std::string group_name_of_run(const std::string& run_id) {
  return std::string(kPrefix) + run_id;
}

Status GroupRecord::add_group(const fs::path& group) const {
  return append_line(file_, std::string(kGroup) + group.native() + '\n');
}

Status GroupRecord::add_enabled(const GroupChanges::Enabled& enabled) const {
  std::string line(kEnabled);
  for (const auto controller : enabled.controllers) line += std::string(name_of(controller)) + ' ';
  return append_line(file_, line + enabled.parent.native() + '\n');
}

GroupChanges parse_group_record(std::string_view text) {
  GroupChanges changes;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with(kGroup)) changes.groups.emplace_back(line.substr(kGroup.size()));
    const auto path = line.find('/');
    if (!line.starts_with(kEnabled) || path == line.npos) continue;
    changes.enabled.push_back({line.substr(path), controllers_in(line.substr(0, path))});
  }
  return changes;
}

Status hand_down(const fs::path& parent, const std::vector<Controller>& controllers, bool on) {
  if (controllers.empty()) return Done{};
  std::string words;
  for (const auto controller : controllers) {
    words += (words.empty() ? "" : " ") + std::string(on ? "+" : "-");
    words += name_of(controller);
  }
  return write_group_file(parent / "cgroup.subtree_control", words);
}

void take_back(const GroupChanges::Enabled& enabled) {
  const GroupLock alone(enabled.parent);
  if (!is_group_v2(enabled.parent) || has_groups_of_runs(enabled.parent)) return;
  (void)hand_down(enabled.parent, enabled.controllers, false);
}

GroupLock::GroupLock(const fs::path& group)
    : directory_(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries && directory_.is_open(); ++i) {
    if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0) return;
    std::this_thread::sleep_for(kPause);
  }
}

void remove_leftover_groups(const fs::path& record) {
  const auto text = read_group_file(record);
  if (!text) return;
  const auto changes = parse_group_record(*text);
  for (const auto& group : changes.groups) remove_left(group);
  for (const auto& enabled : changes.enabled) take_back(enabled);
}

}  // namespace hitch
