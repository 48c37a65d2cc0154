#pragma once

#include <optional>

#include "cli/context.h"
#include "cli/log_source.h"
#include "cli/log_tail.h"
#include "cli/logs_options.h"

namespace hitch {

/// What the command line of `hitch logs` asks for, understood, and the log that it is about.
struct LogsRequest {
  const LogsOptions& options;
  LogSource source;
  TailOptions tail;
  std::optional<LogTimes::Nanoseconds> since;  ///< older lines are not wanted
};

/// Checks the options, and finds and opens the log.
/// @param options  outlives the request
/// @return an Error, mostly of kind kUsage
Result<LogsRequest> understand(const LogsOptions& options, const Context& context);

}  // namespace hitch
