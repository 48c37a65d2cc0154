#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/bundle/model.h"
#include "runtime/logs/store.h"

namespace hitch {

class EarlyInit;

/// What to run in this process: the bundle, and what the command line says about it.
struct HostRequest {
  BundleSpec bundle;
  Command command{};  ///< CMD; empty: stay until it is interrupted, or its tasks have succeeded
  std::string init_program;                 ///< path of hitch-init
  std::shared_ptr<EarlyInit> early_init{};  ///< of start_init_early(), or null
  bool use_cache = true;                    ///< of prepared data
  /// A connected socket: who has the other end is the bundle's first client, and the bundle ends
  /// with that process or its end of the socket. Null: it belongs to nobody.
  std::shared_ptr<UniqueFd> owner{};
  Command
      shell_on_failure{};  ///< opened in a bundle that has failed, on this terminal; empty: none
  std::function<void()> on_ready{};  ///< called once, when all services are
  /// Called when the machine gives less isolation than it might, with what is in the log about it.
  std::function<void(const std::string& notice)> on_step_down{};
  /// Called when the log has all but its last line, which says how the run ended.
  std::function<void(const LogStore&)> on_over{};
};

/// How it ended.
struct HostOutcome {
  int exit_code = 0;
  std::string reason;            ///< one sentence: the last line that people see
  std::string failed_service;    ///< whose last lines tell more; may be empty
  std::shared_ptr<LogFile> log;  ///< null if the run never came that far
  std::string state_directory;   ///< where the log is; empty likewise
};

/// Where a bundle with the caller's own view of the files has its data directories; empty if there
/// is no place.
std::string host_view_data_root();

/// Starts the bundle's init before it is known what is in the bundle: what that takes, and reading
/// the bundle file, then go on side by side.
/// @param program  path of hitch-init
std::shared_ptr<EarlyInit> start_init_early(std::string program);

/// Where a bundle that is run now will keep all that is its own, if this machine gives it no
/// namespaces; else empty. Another place in each run; it is not made here.
std::string scratch_without_namespaces(const EarlyInit& early);

/// Runs a bundle to its end with its supervisor in this process: one process less to start, and the
/// end of this one is the end of the bundle. Blocks; only the calling thread clones.
/// @param watch  called once with the log as soon as there is one, before anything is in it
HostOutcome host_bundle(const HostRequest& request, const std::function<void(LogStore&)>& watch);

}  // namespace hitch
