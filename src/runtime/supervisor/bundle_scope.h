#pragma once

#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/cgroup/bundle_groups.h"
#include "runtime/isolation/level.h"
#include "runtime/logs/store.h"
#include "runtime/namespaces/real_root.h"
#include "runtime/process/environment.h"
#include "runtime/supervisor/bundle_time.h"
#include "runtime/supervisor/events.h"
#include "runtime/supervisor/gates.h"
#include "runtime/supervisor/init_link.h"

namespace hitch {

class ProcessPlace;

/// At which level a bundle runs, and what the machine refused if that is not the full one.
struct Isolation {
  IsolationLevel level = IsolationLevel::kFull;
  std::string why{};
};

/// What the parts of one run share. Owned by the run; outlives all its tasks.
struct BundleScope {
  BundleScope(const asio::any_io_executor& loop, const BundleSpec* bundle,
              const ProcessEnvironment* caller_environment, LogStore* store)
      : executor(loop),
        spec(bundle),
        caller(caller_environment),
        log(store),
        tasks(loop),
        states_changed(loop),
        gates(loop, &events),
        own_stream(
            store->open_stream({std::string(kHitchService), OutputStream::kOut, Phase::kHarness})) {
  }

  asio::any_io_executor executor;
  const BundleSpec* spec;
  const ProcessEnvironment* caller;
  LogStore* log;
  InitLink* init = nullptr;
  pid_t init_pid = 0;
  BundleTime* time = nullptr;  ///< null: the bundle has no clock of its own
  TaskGroup tasks;             ///< what lives until the end of the run: pumps above all
  Event states_changed;        ///< of any service
  Isolation isolation;
  /// For services that have limits or are paused.
  std::optional<BundleGroups> groups;
  std::map<std::string, std::vector<std::string>> missing_limits;  ///< keys of `limits` by service
  /// Who the bundle is that has no user namespace.
  std::optional<PlainUser> plain_user;
  const ProcessPlace* place = nullptr;  ///< of one that has no namespaces
  Events events;
  Gates gates;
  /// For reading, between two awaits. Not cleared: pages that are never needed never exist.
  static constexpr std::size_t kScratchBytes = 128 * 1024;
  std::unique_ptr<char[]> scratch = std::make_unique_for_overwrite<char[]>(kScratchBytes);
  /// Ends the run with an Error, of the service if it is not empty. The first one counts.
  std::function<void(Error, const std::string& service)> fail;
  StreamId own_stream;

  /// A line of hitch's own in the log, and so on the screen.
  void say(const std::string& text) { log_failed(log->append_line(own_stream, text)); }

  void tell_state(const std::string& service, std::string_view state) {
    events.tell("service", {{"service", service}, {"state", state}});
  }

  /// A process that sees the files as the bundle does: init, unless it has no view of its own.
  pid_t viewer_pid() const { return place != nullptr ? ::getpid() : init_pid; }

  void log_failed(const Status& status) {
    if (!status) fail(Error(status.error()).within("keep the log"), "");
  }
};

}  // namespace hitch
