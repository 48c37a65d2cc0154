#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Waits until a run of the command exits with 0; a run begins when the one before has ended.
/// @return an Error if the program does not exist or cannot be executed
Task<Done> wait_for_exec(const ExecReady* exec, Milliseconds interval, ReadyTarget* target);

}  // namespace hitch
