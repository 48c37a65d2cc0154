#pragma once

#include <string>
#include <vector>

#include "runtime/data/run_dir.h"

namespace hitch {

/// A run that lives, or of which there is a record.
struct Run {
  std::string id;
  std::string bundle;  ///< the name in the id
  std::filesystem::path state, runtime;
  bool is_alive = false;
};

/// All runs of this user, the newest first.
std::vector<Run> list_runs(const Directories& where);

/// The run that `name` means: an id, or the name of a bundle.
/// @param must_live  whether runs that have ended do not count; else they count if none lives
/// @return an Error of kind kUsage if there is none, naming the nearest bundle, or if several live,
///         naming their ids; of those that have ended, the newest is meant
Result<Run> find_run(const Directories& where, const std::string& name, bool must_live);

}  // namespace hitch
