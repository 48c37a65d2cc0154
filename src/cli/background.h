#pragma once

#include "cli/run_session.h"

namespace hitch {

/// Runs a bundle with its supervisor in a process of its own, which outlives this one, and returns
/// when it is ready, or has failed and is gone. A signal meanwhile takes it down.
/// @return the exit code
int run_in_background(const RunOptions& options, Context& context);

}  // namespace hitch
