#include "runtime/cgroup/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/group_files.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kOfContainer =
    "start the container with --privileged, or run hitch outside of it";
constexpr const char* kDelegate = "systemd-run --user --scope -p Delegate=yes hitch …";

/// With the effective ids, which is what counts when it is done. faccessat(2)
int why_not_writable(const fs::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/// Why no group can be made in `group`, and no process of its subtree moved there; 0: they can.
int why_not_usable(const fs::path& group) {
  if (const int err = why_not_writable(group); err != 0) return err;
  return why_not_writable(group / "cgroup.procs");
}

Error refused(int err, const fs::path& group, bool unified) {
  auto error = Error::from_errno(err, "make a control group in", group.native());
  if (err == EROFS) return std::move(error).with_hint(kOfContainer);
  return std::move(error).with_hint(
      unified ? kDelegate : "run hitch as root: cgroup v1 gives no user a part of its own");
}

pid_t parent_of(pid_t pid) {
  const auto status = read_group_file("/proc/" + std::to_string(pid) + "/status");
  if (!status) return 0;
  const auto at = status->find("\nPPid:\t");
  if (at == status->npos) return 0;
  const auto rest = std::string_view(*status).substr(at + 7);
  return parse_number<pid_t>(rest.substr(0, rest.find('\n'))).value_or(0);
}

/// This process, or one that it, or a child of it, has started.
bool is_ours(pid_t pid) {
  for (int depth = 0; pid > 1 && depth < 64; ++depth) {
    if (pid == ::getpid()) return true;
    pid = parent_of(pid);
  }
  return false;
}

enum class Inside { kNobody, kOurs, kOthers };

Inside who_is_in(const fs::path& group) {
  const auto pids = processes_in(group);
  if (pids.empty()) return Inside::kNobody;
  return std::all_of(pids.begin(), pids.end(), is_ours) ? Inside::kOurs : Inside::kOthers;
}

std::string text_of(const fs::path& group, const char* file) {
  auto text = read_group_file(group / file);
  return text ? *std::move(text) : std::string();
}

/// What one group of the unified tree has to offer.
class Candidate {
 public:
  explicit Candidate(const fs::path& group)
      : group_(group),
        has_(text_of(group, "cgroup.controllers")),
        hands_down_(text_of(group, "cgroup.subtree_control")) {}

  Place place_for(const std::vector<Controller>& wanted) {
    Place place{.parent = group_, .unified = true};
    for (const auto controller : wanted) {
      if (has_word(hands_down_, name_of(controller))) {
        place.controllers.push_back(controller);
      } else if (has_word(has_, name_of(controller)) && may_hand_down()) {
        place.controllers.push_back(controller);
        place.to_enable.push_back(controller);
      }
    }
    place.must_move = !place.to_enable.empty() && !is_root() && inside() == Inside::kOurs;
    return place;
  }

  Error why_not(Controller controller) {
    const std::string name(name_of(controller));
    if (!has_word(has_, name)) {
      return Error::because("control group " + in_quotes(group_.native()) +
                            " does not have the controller '" + name + "'")
          .with_hint(::geteuid() == 0 ? "" : kDelegate);
    }
    if (why_not_writable(group_ / "cgroup.subtree_control") == 0) {
      return Error::because("control group " + in_quotes(group_.native()) +
                            " has other processes in it, so that it cannot hand down '" + name +
                            "'")
          .with_hint("give hitch a group of its own, or move what is in that one to a group below");
    }
    return refused(EACCES, group_, true);
  }

 private:
  bool may_hand_down() {
    if (why_not_writable(group_ / "cgroup.subtree_control") != 0) return false;
    return is_root() || inside() != Inside::kOthers;
  }
  /// The root of the whole tree has no type, and the rule about processes does not hold for it.
  bool is_root() const { return ::access((group_ / "cgroup.type").c_str(), F_OK) != 0; }
  Inside inside() {
    if (!inside_) inside_ = who_is_in(group_);
    return *inside_;
  }

  fs::path group_;
  std::string has_, hands_down_;
  std::optional<Inside> inside_;
};

/// systemd makes the groups in its slices itself. CGROUP_DELEGATION.md
bool is_slice(const fs::path& group) {
  return group.filename().native().ends_with(".slice");
}

/// The groups that this process may make groups in: its own, and those above it. To move a process
/// one has to be allowed to write to all of them, up to the one that has both places below it.
Result<std::vector<fs::path>> usable_groups(const OwnGroup& own) {
  std::vector<fs::path> groups;
  if (!is_group_v2(own.group)) {
    return Error::because("no control groups are mounted on " + in_quotes(own.root.native()));
  }
  for (fs::path group = own.group;; group = group.parent_path()) {
    const int err = why_not_usable(group);
    if (err != 0 && groups.empty()) return refused(err, group, true);
    if (err != 0) break;
    if (!is_slice(group)) groups.push_back(group);
    if (group == own.root || !group.has_relative_path()) break;
  }
  if (groups.empty()) return refused(EACCES, own.group, true);
  return groups;
}

void look_in_unified(const OwnGroup& own, const std::vector<Controller>& wanted, Places& places) {
  const auto groups = usable_groups(own);
  if (!groups) {
    for (const auto controller : wanted) places.missing.emplace(controller, groups.error());
    return;
  }
  Place best;
  for (const auto& group : *groups) {  // the nearest one that has all, or the most
    auto place = Candidate(group).place_for(wanted);
    if (place.controllers.size() > best.controllers.size()) best = std::move(place);
    if (best.controllers.size() == wanted.size()) break;
  }
  for (const auto controller : wanted) {
    const auto& has = best.controllers;
    if (std::find(has.begin(), has.end(), controller) != has.end()) continue;
    places.missing.emplace(controller, Candidate(groups->front()).why_not(controller));
  }
  if (!best.controllers.empty()) places.found.push_back(std::move(best));
}

/// Two controllers in one tree, such as cpu and cpuacct, are two names of one place.
void look_in_v1(const OwnGroup& own, Controller controller, Places& places) {
  const int err = is_group_v1(own.group) ? why_not_usable(own.group) : ENOENT;
  if (err != 0) {
    places.missing.emplace(controller, refused(err, own.group, false));
    return;
  }
  for (auto& place : places.found) {
    if (place.parent == own.group) return place.controllers.push_back(controller);
  }
  places.found.push_back({.parent = own.group, .controllers = {controller}});
}

}  // namespace

Places find_places(const OwnGroups& own, const std::vector<Controller>& wanted) {
  Places places;
  std::vector<Controller> in_unified;
  for (const auto controller : wanted) {
    const auto v1 = own.by_controller.find(std::string(name_of(controller)));
    if (v1 != own.by_controller.end()) {  // a controller is in one of the trees only
      look_in_v1(v1->second, controller, places);
    } else if (own.unified) {
      in_unified.push_back(controller);
    } else {
      places.missing.emplace(
          controller, Error::because("no control groups with '" + std::string(name_of(controller)) +
                                     "' are mounted"));
    }
  }
  if (!in_unified.empty()) look_in_unified(*own.unified, in_unified, places);
  return places;
}

Result<Place> find_plain_place(const OwnGroups& own) {
  if (!own.unified) return Error::because("no control groups of version 2 are mounted");
  HITCH_TRY(const auto groups, usable_groups(*own.unified));
  return Place{.parent = groups.front(), .unified = true};
}

}  // namespace hitch
