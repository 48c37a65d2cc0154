#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/client/connection.h"

namespace hitch {

/// A sub-command to run with the standard streams of this process.
struct ExecCall {
  std::string service;  ///< empty: none, the bundle's own environment
  std::vector<std::string> argv{};
  bool terminal = false;  ///< on a terminal of its own, which this process's shows
};

/// Runs it to its end: bytes, signals and the size of the terminal pass through.
/// @return its exit code; 128+n if it died by signal n
Result<int> run_exec(ControlClient& client, const ExecCall& call);

}  // namespace hitch
