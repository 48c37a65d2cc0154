#pragma once

#include "cli/context.h"
#include "runtime/base/result.h"
#include "runtime/client/connection.h"
#include "runtime/data/runs.h"

namespace hitch {

/// The run that a command is about, as choose_run() finds it, if it lives.
/// @return an Error of kind kUsage if it does not
Result<Run> choose_live_run(const Context& context);

/// Connects to the control socket of a run.
Result<ControlClient> connect_to_run(const Run& run);

/// Both at once: for commands that talk to one bundle.
Result<ControlClient> connect_to_bundle(const Context& context);

}  // namespace hitch
