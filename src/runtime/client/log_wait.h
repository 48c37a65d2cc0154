#pragma once

#include <string>

#include "runtime/client/bundle_state.h"

namespace hitch::client {

enum class LogWaitOutcome { kStopped, kTimeUp, kBundleEnded };

/// How it went to watch a log.
struct LogWait {
  LogWaitOutcome outcome = LogWaitOutcome::kStopped;
  std::size_t lines = 0;    ///< how many came
  std::string why_ended{};  ///< with kBundleEnded
};

/// Hands the last lines of a log, and each that comes, to `go_on`, until that returns false.
LogWait watch_lines(BundleState& bundle, const LogFilter& filter, const LinePredicate& go_on,
                    const TailOptions& options);

}  // namespace hitch::client
