#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/logs/line_match.h"
#include "runtime/ready/target.h"

namespace hitch {

/// The test of a condition on lines.
/// @return an Error of kind kUsage that names the pattern; see LineMatch
Result<LineMatch> compile_match(const LogReady& log);

/// Waits until so many lines of the service's present life have matched, those that are in the log
/// already included. A line that is longer than a cursor's cap matches if a piece of it does.
/// @return an Error if the pattern is no good or the log cannot be read; of kind kUsage if a jq
///         filter goes on without end
Task<Done> wait_for_log(const LogReady* log, ReadyTarget* target);

}  // namespace hitch
