#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "runtime/base/result.h"
#include "runtime/data/runs.h"

namespace hitch {

/// The run that a command is about, and what the bundle file, if it can be used, says of it.
struct ChosenRun {
  Run run;
  std::vector<std::string> services{};  ///< of the bundle file; empty if it cannot be used
};

/// Finds the run that is meant: that of -p, a bundle's name or a run's id; else of the bundle file,
/// which need not be right as long as its name can be read; else, where there is no bundle file,
/// the only bundle that runs. One that has ended counts if none of that name lives.
/// @return an Error of kind kUsage if there is none, or if several live
Result<ChosenRun> choose_run(const Context& context);

}  // namespace hitch
