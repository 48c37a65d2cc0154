#pragma once

#include <string>

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Whether every pattern of a condition can be used: RE2 and jq compile it.
/// @return an Error of kind kUsage that names the pattern and says what is wrong with it; of
/// another
///         kind if no jq filter can be compiled here
Status check_condition(const ReadyCondition& condition);

/// What a condition waits for, to go on "it waited for …": "a line with 'ready' on its output",
/// "a process of it to listen on port 5432", "all of: …".
std::string describe_condition(const ReadyCondition& condition);

/// Whether any part of the condition needs a notify socket.
bool needs_notify_socket(const ReadyCondition& condition);

/// Waits until the condition of `spec` has held once. Has no deadline of its own and does not watch
/// the service's life: its caller does both and stops the task. `spec` and `target` outlive it.
/// @return an Error only for what cannot be waited for at all
Task<Done> wait_until_ready(const ReadySpec* spec, ReadyTarget* target);

}  // namespace hitch
