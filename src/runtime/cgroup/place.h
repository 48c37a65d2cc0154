#pragma once

#include <map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cgroup/own_groups.h"

namespace hitch {

/// A group in which this process may make groups of its own.
struct Place {
  std::filesystem::path parent;
  bool unified = false;                   ///< cgroup v2
  std::vector<Controller> controllers{};  ///< that groups in it can have
  /// v2: of these, what `parent` does not hand down to its children yet, but can be told to.
  std::vector<Controller> to_enable{};
  /// v2: only processes of this one's are in `parent`; they have to leave before it can hand down
  /// anything: a group either has processes or hands down. cgroups(7), "no internal processes"
  bool must_move = false;
};

/// Where each of some controllers can be had, and why not.
struct Places {
  std::vector<Place> found;  ///< each controller in one of them at most
  std::map<Controller, Error> missing;
};

/// Looks without changing anything.
Places find_places(const OwnGroups& own, const std::vector<Controller>& wanted);

/// A place of cgroup v2 for groups without any controller, which can freeze and kill.
Result<Place> find_plain_place(const OwnGroups& own);

}  // namespace hitch
