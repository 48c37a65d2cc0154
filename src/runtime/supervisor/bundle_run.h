#pragma once

#include <memory>
#include <optional>
#include <string>

#include "runtime/control/server.h"
#include "runtime/supervisor/bundle_control.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/bundle_space.h"
#include "runtime/supervisor/data_preparer.h"
#include "runtime/supervisor/process_place.h"
#include "runtime/supervisor/published_ports.h"
#include "runtime/supervisor/root_preparer.h"
#include "runtime/supervisor/run_request.h"
#include "runtime/supervisor/service_run.h"
#include "runtime/supervisor/signals.h"

namespace hitch {

/// How a run ended.
struct RunOutcome {
  int exit_code = 0;
  std::string reason;          ///< one sentence
  std::string failed_service;  ///< whose last lines tell more; may be empty
};

/// One life of a bundle: from empty directories to ready services, CMD, and nothing left.
class BundleRun {
 public:
  BundleRun(const asio::any_io_executor& executor, const RunRequest* request, LogStore* log);

  /// Calls `listener` once all services are ready.
  void on_ready(std::function<void()> listener) { on_ready_ = std::move(listener); }
  /// Calls `listener` once the namespaces of the bundle have been made.
  void on_started(std::function<void()> listener) { on_started_ = std::move(listener); }
  /// Runs it to its end. Whatever happens, nothing of the bundle is left afterwards.
  asio::awaitable<RunOutcome> run();

 private:
  struct Failure {
    Error error;
    std::string service;
  };

  Task<Done> work();
  void open_control();
  Status accept_owner();
  void on_owner_gone();
  std::string_view state() const noexcept;
  void stop_for_client(std::string by);
  void begin_to_stop(StopSignal signal);
  void live(ServiceRun* service);
  void live_again(ServiceRun* service);
  Status make_place();
  Task<Done> build_space(EarlyInit* early);
  Task<Done> start_services();
  Task<Done> run_command();
  Task<Done> stop_command();
  LaunchRequest launch_on_our_streams(const Command& command) const;
  Task<Done> open_shell();
  Task<Done> stay_until_done();
  Task<Done> stop_services();
  void say_what_is_left(Error error);
  asio::awaitable<void> tear_down();

  void connect_clock(BundleTime* time);
  void on_signal(StopSignal signal);
  void fail(Error error, const std::string& service);
  bool must_end() const noexcept { return failure_ || interrupted_; }
  bool all_ready() const;
  bool all_tasks_done() const;
  void fail_too_late();
  Milliseconds patience() const;
  RunOutcome outcome() const;

  const RunRequest* request_;
  LogStore* log_;
  BundleScope scope_;
  StopSignals signals_;
  RootPreparer root_preparer_;
  SetUpFallback fallback_;
  DataPreparer preparer_;
  TaskGroup lives_;                          ///< of the services
  std::optional<EarlyInit> own_early_init_;  ///< if none was started before the run
  BundleSpace::Request space_request_;
  std::optional<ProcessPlace> place_;  ///< without namespaces
  std::unique_ptr<BundleSpace> space_;
  ServiceRuns services_;
  std::shared_ptr<BundleProcess> command_;
  bool command_shares_terminal_ = false;
  std::optional<Failure> failure_;
  std::optional<Error> teardown_error_;
  std::optional<StopSignal> interrupted_;
  std::unique_ptr<BundleControl> control_;
  std::unique_ptr<ControlServer> server_;
  PublishedPorts published_;
  std::optional<std::string> stopped_by_;  ///< which client asked for it, in words
  bool is_ready_ = false, is_ending_ = false;
  bool is_built_ = false;  ///< the inside of space_
  bool killed_ = false;    ///< a second signal came
  std::function<void()> on_started_;
  std::function<void()> on_ready_;
  Clock::time_point began_ = Clock::now();
};

}  // namespace hitch
