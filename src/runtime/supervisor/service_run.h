#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "runtime/bundle/model.h"
#include "runtime/process/exit_status.h"
#include "runtime/ready/target.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/pump.h"

namespace hitch {

enum class ServiceState {
  kPending,   ///< waits for what it depends on
  kStarting,  ///< setup commands, program, readiness, poststart commands
  kReady,
  kStopping,
  kExited,  ///< ended as it was meant to
  kFailed,
};

/// "pending", "starting", "ready", "stopping", "exited", "failed".
std::string_view name_of(ServiceState state);

class ServiceRun;

/// The other services, for the ones that depend on them.
using ServiceRuns = std::vector<std::unique_ptr<ServiceRun>>;

/// The life of one service in one run: a state machine that only its own coroutines change.
class ServiceRun final : public ReadyTarget {
 public:
  /// @param others  all services of the run, this one included; complete before live() runs
  ServiceRun(const ServiceSpec* spec, BundleScope* scope, const ServiceRuns* others);

  /// From waiting for its dependencies to its end, restarts included.
  /// @return Done when it ended as it was meant to; an Error ends the bundle
  Task<Done> live();
  /// Stops it after all that depend on it: stop_signal, grace, SIGKILL, teardown commands.
  Task<Done> stop();

  /// Stops it at somebody's wish, with its teardown commands; what depends on it goes on.
  Task<Done> halt();
  /// Makes one that is over as if it had never run, before live() is called again.
  void forget();
  /// Sends a signal to its main process. If it ends by that, it was meant to.
  Status signal(int number);
  /// Stops and continues all its processes: freezes them, or SIGSTOP, SIGCONT. Its output and
  /// readiness stay.
  Status pause();
  Status resume();

  /// What to say if the end of the bundle cuts its teardown off now; nothing outside of it.
  std::optional<Error> unfinished_teardown() const;

  /// The bundle has been killed: live() must not wait for anything any more.
  void abandon();
  /// Takes what its last program wrote and says that nothing more will come.
  void end_output();

  const ServiceSpec& spec() const noexcept { return *spec_; }
  ServiceState state() const noexcept { return state_; }
  /// Ready once, or a task that has succeeded.
  bool was_ready() const noexcept { return was_ready_; }
  /// Nothing waits for it to start any more: it was ready, has ended as it was meant to, or has
  /// failed where that is expected.
  bool is_settled() const;
  bool is_over() const noexcept {
    return state_ == ServiceState::kExited || state_ == ServiceState::kFailed;
  }
  bool is_paused() const noexcept { return paused_; }
  /// Of the program that runs now, or null.
  const BundleProcess* running_process() const noexcept {
    return process_ && !process_->ended ? process_.get() : nullptr;
  }
  Clock::time_point started_at() const noexcept { return started_at_; }
  int restarts() const noexcept { return restarts_; }
  /// How many of its processes the kernel has killed for want of memory, if it has a limit of that.
  std::uint64_t oom_kills() const noexcept { return counted_.kills; }
  const std::optional<ExitStatus>& last_exit() const noexcept { return last_exit_; }
  /// The same, also of a program that was stopped; nothing: none has ended.
  std::optional<ExitStatus> final_exit() const;
  /// Why live() ended with an Error, if it did.
  const std::optional<Error>& failure() const noexcept { return failure_; }
  const ProcessEnvironment& environment() const noexcept { return environment_; }
  /// What it is doing, to go on "service 'x' ": for messages about who is late.
  const std::string& activity() const noexcept { return activity_; }
  /// How long it may take to get ready, once its dependencies are.
  Milliseconds patience() const;

  // What its readiness condition asks.
  const std::string& service() const override { return spec_->name; }
  std::shared_ptr<LogFile> log() const override { return scope_->log->file(); }
  LogPosition log_start() const override { return log_start_; }
  Subscription on_log(std::function<void()> listener) override;
  pid_t init_pid() const override { return scope_->init_pid; }
  pid_t viewer_pid() const override { return spec_->root ? 0 : scope_->viewer_pid(); }
  pid_t main_pid() const override;
  Task<UniqueFd> make_socket(int family, int type, int protocol) override;
  Task<ExitStatus> run_command(Command command) override;
  int notify_socket() const override { return notify_ ? notify_->native_handle() : -1; }

 private:
  enum class Holds { kYes, kNotYet, kNever };

  Task<Done> live_once();
  Task<Done> wait_for_dependencies();
  Holds dependency_holds(const Dependency& dependency) const;
  /// Setup, program, readiness, poststart, within the time that is allowed.
  Task<Done> start_in_time(bool first);
  Task<Done> start(bool first);
  /// `hooks` is a part of the service's description, which outlives every task.
  Task<Done> run_hooks(const std::vector<Command>& hooks, Phase phase, std::string what);
  /// Waits there for a client, if the service has this gate.
  Task<Done> pass_gate(Gate gate);
  Task<Done> launch_program();
  Task<Done> open_notify_socket();
  Task<Done> wait_ready();
  Task<Done> signal_and_wait();
  Task<Done> tear_down();
  Status require_running() const;
  /// Null if it has none.
  const ServiceGroup* group() const;
  Result<ServiceGroup*> gather();
  Status thaw();
  /// What its limits do to it is counted from here on.
  void begin_to_count();
  /// Looks whether the kernel has killed a process of it, and tells of it.
  void count_kills();
  std::string why_out_of_memory() const;
  /// What last_exit_ says, and what its limits had to do with that.
  std::string how_it_ended() const;
  /// Whether it ended by what somebody sent to it.
  bool was_asked_to_end(const ExitStatus& status) const;
  Status signal_all(int number);
  bool must_restart(const ExitStatus& status, int restarts) const;
  /// Whether a service depends on the end of this one, however it comes.
  bool failure_is_awaited() const;
  bool succeeded(const ExitStatus& status) const;
  void set_state(ServiceState state);
  std::vector<const ServiceRun*> dependents() const;

  const ServiceSpec* spec_;
  BundleScope* scope_;
  const ServiceRuns* others_;
  ProcessEnvironment environment_;
  ServiceState state_ = ServiceState::kPending;
  bool was_ready_ = false;
  bool was_started_ = false;
  bool stopping_ = false;
  bool in_teardown_ = false, in_poststart_ = false;
  bool living_ = false;  ///< live() has not returned
  bool halted_ = false;  ///< its teardown commands have run
  bool paused_ = false;
  bool frozen_ = false;  ///< by its control group
  struct Counted {
    std::uint64_t kills_before = 0, kills = 0;      ///< for want of memory
    std::uint64_t refused_before = 0, refused = 0;  ///< processes that could not be started
    bool at_own_limit = false;
  };
  Counted counted_;
  int asked_signal_ = 0;  ///< the last one that somebody sent
  int restarts_ = 0;
  std::optional<Error> failure_;
  Clock::time_point started_at_{};
  std::string activity_ = "was waiting for its dependencies";
  std::shared_ptr<BundleProcess> process_;
  std::shared_ptr<OutputPump> output_;
  std::optional<ExitStatus> last_exit_;
  LogPosition log_start_;
  /// Who waits for lines of this service. Not the log's own listeners, which are called for every
  /// line of every service.
  std::shared_ptr<Listeners> line_listeners_ = std::make_shared<Listeners>();
  /// Open for as long as the service lives: it may say more than that it is ready.
  std::shared_ptr<asio::posix::stream_descriptor> notify_;
  /// Something of this service alone has happened: ready, ended, late.
  Event changed_;
};

}  // namespace hitch
