#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/log_view.h"
#include "runtime/host/host.h"

namespace hitch {

/// What the flags of `run` and `up` say.
struct RunOptions {
  std::vector<std::string> services;
  bool quiet = false;
  bool no_cache = false;
  std::string on_fail = "stop";
  std::string require_isolation{};    ///< a level; empty: what the bundle file says
  bool require_limits = false;        ///< of all services; else what the bundle file says
  std::shared_ptr<UniqueFd> owner{};  ///< the socket of a process whose end is the run's; or null
};

/// Runs the bundle in the foreground, with the log on the screen. @return the exit code
int run_here(const RunOptions& options, Context& context);

/// What people see last of a run: the last lines of the service that failed, if one did, and why it
/// has ended.
std::string closing_words(const HostOutcome& outcome, LogView view);

/// The bundle that the flags name, if this version can run it; otherwise what is wrong has been
/// printed, and the context has the exit code.
/// @param scratch  see LoadRequest
std::optional<BundleSpec> load_to_run(const RunOptions& options, Context& context,
                                      const std::string& scratch = {});

/// A line of hitch's own, on standard error.
void tell_on_stderr(const std::string& text, LogView view);

/// How what is printed to `fd` looks.
LogView view_for(const BundleSpec& bundle, int fd, const Context& context);

}  // namespace hitch
