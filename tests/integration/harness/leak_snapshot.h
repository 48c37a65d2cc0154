#pragma once

#include <set>
#include <string>

#include "integration/harness/temp_bundle.h"

namespace hitch::testing {

/// What a run of hitch could leave behind on this machine, processes aside (see process_tree.h).
struct LeakSnapshot {
  std::set<std::string> mounts;       ///< lines of our mountinfo
  std::set<std::string> runtime;      ///< everything below the runtime directory
  std::set<std::string> home;         ///< everything below HOME
  std::set<std::string> state;        ///< the state directory, runs/ID aside
  std::set<std::string> temporary;    ///< names in /tmp that speak of hitch, our own user's
  std::set<std::string> cgroups;      ///< empty ones that speak of hitch
  std::set<std::string> descriptors;  ///< of this process

  static LeakSnapshot take(const TempBundle& bundle);
};

/// Says what `after` has that `before` had not, one line each; empty when there is nothing.
std::string leaks_between(const LeakSnapshot& before, const LeakSnapshot& after);

}  // namespace hitch::testing
