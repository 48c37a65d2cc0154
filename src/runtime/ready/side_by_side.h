#pragma once

#include <vector>

#include "runtime/async/task.h"

namespace hitch {

/// When tasks that run side by side have done what they were started for.
enum class Until {
  kAllSucceed,   ///< or one has failed
  kOneSucceeds,  ///< or all have failed
  kOneEnds,      ///< however it does
};

/// Runs tasks side by side, then stops those that are left. Returns, or throws when it is stopped
/// itself, only after all of them have ended: they may refer to what the caller's frame holds.
/// @param tasks  none at all have succeeded
/// @return what the task has returned that settled it; of several that failed, the first
Task<Done> run_side_by_side(std::vector<Task<Done>> tasks, Until until);

/// Runs one task, for at most `limit`. Whether it succeeded in that time it tells by other means.
Task<Done> run_for(Task<Done> task, std::chrono::steady_clock::duration limit);

}  // namespace hitch
