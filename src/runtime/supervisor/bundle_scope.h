#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/logs/store.h"
#include "runtime/process/environment.h"
#include "runtime/supervisor/init_link.h"

namespace hitch {

/// What the parts of one run share. Owned by the run; outlives all its tasks.
struct BundleScope {
  BundleScope(const asio::any_io_executor& loop, const BundleSpec* bundle,
              const ProcessEnvironment* caller_environment, LogStore* store)
      : executor(loop),
        spec(bundle),
        caller(caller_environment),
        log(store),
        tasks(loop),
        states_changed(loop) {}

  asio::any_io_executor executor;
  const BundleSpec* spec;
  const ProcessEnvironment* caller;
  LogStore* log;
  InitLink* init = nullptr;
  pid_t init_pid = 0;
  TaskGroup tasks;       ///< what lives until the end of the run: pumps above all
  Event states_changed;  ///< of any service
  std::vector<char> scratch = std::vector<char>(256 * 1024);  ///< for reading, between two awaits
  /// Ends the run with an Error, of the service if it is not empty. The first one counts.
  std::function<void(Error, const std::string& service)> fail;

  void log_failed(const Status& status) {
    if (!status) fail(Error(status.error()).within("keep the log"), "");
  }
};

}  // namespace hitch
