#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/bundle/model.h"
#include "runtime/data/run_dir.h"
#include "runtime/supervisor/early_init.h"
#include "runtime/supervisor/view_plan.h"

namespace hitch {

/// What a run is asked to do.
struct RunRequest {
  BundleSpec bundle;
  Command command;  ///< CMD; empty: run until it is interrupted, or its tasks have succeeded
  Caller caller;
  Directories directories;
  std::string runtime_directory;  ///< of this run: what is in it goes when the run ends
  std::string init_program;
  EarlyInit* early_init = nullptr;  ///< to be used if it is of the right kind
  bool use_cache = true;
  std::shared_ptr<UniqueFd> owner{};  ///< the socket of the process whose end is the run's; or null
  Command shell_on_failure{};         ///< opened in the bundle that has failed; empty: none
  /// Called when the machine gives less isolation than it might, with what is in the log about it.
  std::function<void(const std::string& notice)> on_step_down{};
};

}  // namespace hitch
