#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/run_choice.h"
#include "runtime/logs/log_file.h"

namespace hitch {

/// The log of a run, of whose services.
struct LogSource {
  Run run;
  std::shared_ptr<LogFile> file;
  std::vector<std::string> known;  ///< services of the bundle file and of the log
};

/// Opens the log of a run and looks whether it can have output of these services.
/// @return an Error of kind kUsage for a service that neither the log nor the bundle file knows,
///         with the nearest spelling
Result<LogSource> open_log_of(const ChosenRun& chosen, const std::vector<std::string>& services);

}  // namespace hitch
