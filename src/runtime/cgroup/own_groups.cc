#include "runtime/cgroup/own_groups.h"

#include <vector>

#include "runtime/cgroup/group_files.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// A blank in a path is written as \040. proc_pid_mountinfo(5)
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                        is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!escape) {
      out += text[i];
      continue;
    }
    out +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
    i += 3;
  }
  return out;
}

/// A mount of a tree of groups.
struct Mount {
  std::string root;  ///< the group that it shows
  std::string point;
  bool unified = false;
  std::vector<std::string_view> controllers;  ///< of v1, among other options
};

/// One line of mountinfo; nothing if it is of another file system.
std::optional<Mount> parse_mount(std::string_view line) {
  const auto dash = line.find(" - ");
  if (dash == line.npos) return std::nullopt;
  const auto before = split(line.substr(0, dash), ' ');
  const auto after = split(line.substr(dash + 3), ' ');
  if (before.size() < 5 || after.size() < 3) return std::nullopt;
  if (after[0] != "cgroup" && after[0] != "cgroup2") return std::nullopt;
  return Mount{unescaped(before[3]), unescaped(before[4]), after[0] == "cgroup2",
               split(after[2], ',')};
}

/// Where `mount` shows the group; nothing if it is not in there.
std::optional<OwnGroup> find_in(const Mount& mount, std::string_view group) {
  if (group.starts_with("/..")) return std::nullopt;
  const std::string_view root = mount.root == "/" ? "" : std::string_view(mount.root);
  if (!group.starts_with(root)) return std::nullopt;
  auto below = group.substr(root.size());
  if (!below.empty() && below.front() != '/') return std::nullopt;
  while (!below.empty() && below.front() == '/') below.remove_prefix(1);
  const fs::path point(mount.point);
  return OwnGroup{point, below.empty() ? point : point / below};
}

}  // namespace

std::string_view name_of(Controller controller) noexcept {
  switch (controller) {
    case Controller::kMemory:
      return "memory";
    case Controller::kCpu:
      return "cpu";
    case Controller::kPids:
      return "pids";
  }
  return "";
}

OwnGroups parse_own_groups(std::string_view cgroup, std::string_view mountinfo) {
  std::string_view unified;
  std::map<std::string, std::string_view, std::less<>> by_controller;
  for (const auto line : split(cgroup, '\n')) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) unified = line.substr(second + 1);
    for (const auto name : split(controllers, ',')) {
      by_controller[std::string(name)] = line.substr(second + 1);
    }
  }
  OwnGroups own;
  for (const auto line : split(mountinfo, '\n')) {
    const auto mount = parse_mount(line);
    if (!mount) continue;
    if (mount->unified) {
      if (!unified.empty() && !own.unified) own.unified = find_in(*mount, unified);
      continue;
    }
    for (const auto name : mount->controllers) {
      const auto found = by_controller.find(name);
      if (found == by_controller.end()) continue;
      if (const auto place = find_in(*mount, found->second)) {
        own.by_controller.emplace(std::string(name), *place);
      }
    }
  }
  return own;
}

OwnGroups own_groups() {
  const auto cgroup = read_group_file("/proc/self/cgroup");
  const auto mounts = read_group_file("/proc/self/mountinfo");
  if (!cgroup || !mounts) return {};
  return parse_own_groups(*cgroup, *mounts);
}

}  // namespace hitch
