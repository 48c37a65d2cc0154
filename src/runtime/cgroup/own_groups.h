#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hitch {

/// The kinds of resources that hitch limits, as the kernel calls what limits them. cgroups(7)
enum class Controller { kMemory, kCpu, kPids };
inline constexpr std::array kControllers{Controller::kMemory, Controller::kCpu, Controller::kPids};
/// "memory", "cpu", "pids".
std::string_view name_of(Controller controller) noexcept;

/// Where this process is in one tree of control groups.
struct OwnGroup {
  std::filesystem::path root;   ///< where the tree is mounted, as far down as this process sees it
  std::filesystem::path group;  ///< its own group: `root`, or below
};

/// Where this process is in all trees that it can see. On a hybrid machine both are there.
struct OwnGroups {
  std::optional<OwnGroup> unified;                ///< cgroup v2
  std::map<std::string, OwnGroup> by_controller;  ///< cgroup v1
};

/// Reads what /proc/self/cgroup and /proc/self/mountinfo say. A group that none of the mounts
/// shows, as it is outside of the cgroup namespace or of what a container got, is left out.
OwnGroups parse_own_groups(std::string_view cgroup, std::string_view mountinfo);
OwnGroups own_groups();

}  // namespace hitch
