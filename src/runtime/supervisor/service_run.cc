#include "runtime/supervisor/service_run.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/patience.h"
#include "runtime/base/text.h"
#include "runtime/ready/condition.h"
#include "runtime/ready/notify.h"
#include "runtime/ready/notify_socket.h"
#include "runtime/supervisor/hooks.h"
#include "runtime/supervisor/limits.h"
#include "runtime/supervisor/service_environment.h"

namespace hitch {

namespace {

constexpr Milliseconds kFirstRestartDelay{100}, kLongestRestartDelay{5000};

Milliseconds restart_delay(int restarts) {
  Milliseconds delay = kFirstRestartDelay;
  for (int i = 0; i < restarts && delay < kLongestRestartDelay; ++i) delay *= 2;
  return std::min(delay, kLongestRestartDelay);
}

}  // namespace

std::string_view name_of(ServiceState state) {
  switch (state) {
    case ServiceState::kPending:
      return "pending";
    case ServiceState::kStarting:
      return "starting";
    case ServiceState::kReady:
      return "ready";
    case ServiceState::kStopping:
      return "stopping";
    case ServiceState::kExited:
      return "exited";
    case ServiceState::kFailed:
      return "failed";
  }
  return "failed";
}

ServiceRun::ServiceRun(const ServiceSpec* spec, BundleScope* scope, const ServiceRuns* others)
    : spec_(spec), scope_(scope), others_(others), changed_(scope->executor) {
  const bool notifies = spec->ready && needs_notify_socket(spec->ready->condition);
  environment_ = service_environment(*scope->spec, *spec, *scope->caller, notifies);
}

Milliseconds ServiceRun::patience() const {
  if (spec_->ready && spec_->ready->timeout) {
    return std::max(spec_->startup_timeout, *spec_->ready->timeout);
  }
  return spec_->startup_timeout;
}

void ServiceRun::set_state(ServiceState state) {
  if (state_ != state) scope_->tell_state(spec_->name, name_of(state));
  state_ = state;
  scope_->states_changed.wake_all();
  changed_.wake_all();
}

ServiceRun::Holds ServiceRun::dependency_holds(const Dependency& dependency) const {
  const auto found = std::find_if(others_->begin(), others_->end(), [&](const auto& other) {
    return other->spec_->name == dependency.service;
  });
  if (found == others_->end()) return Holds::kYes;  // left out of this run
  const ServiceRun& other = **found;
  const auto yes_or = [&](bool holds) {
    if (holds) return Holds::kYes;
    return other.is_over() ? Holds::kNever : Holds::kNotYet;
  };
  switch (dependency.condition) {
    case Condition::kStarted:
      return yes_or(other.was_started_);
    case Condition::kReady:
      return yes_or(other.was_ready_);
    case Condition::kCompleted:
      return yes_or(other.is_over() && other.last_exit_);
    case Condition::kSucceeded:
      return yes_or(other.state_ == ServiceState::kExited && other.last_exit_ &&
                    other.succeeded(*other.last_exit_));
  }
  return Holds::kNever;
}

Task<Done> ServiceRun::wait_for_dependencies() {
  for (const auto& dependency : spec_->depends_on) {
    activity_ = "was waiting for service '" + dependency.service + "'";
    for (;;) {
      const Holds holds = dependency_holds(dependency);
      if (holds == Holds::kYes) break;
      if (holds == Holds::kNever) {
        co_return Error::because("service '" + spec_->name + "' cannot start: '" +
                                 dependency.service + "', which it depends on, has ended");
      }
      HITCH_CO_CHECK(co_await scope_->states_changed.wait());
      if (stopping_) co_return Done{};
    }
  }
  co_return Done{};
}

Task<Done> ServiceRun::live() {
  living_ = true;
  auto status = co_await live_once();
  living_ = false;
  if (!status) failure_ = status.error();
  co_return status;
}

Task<Done> ServiceRun::live_once() {
  HITCH_CO_CHECK(co_await wait_for_dependencies());
  if (stopping_) co_return Done{};
  for (int restarts = 0;; ++restarts) {
    restarts_ = restarts;
    set_state(ServiceState::kStarting);
    auto started = co_await start_in_time(restarts == 0);
    if (stopping_) co_return Done{};
    if (!started && (!last_exit_ || !must_restart(*last_exit_, restarts))) {
      set_state(ServiceState::kFailed);
      co_return started;
    }
    if (started) {
      while (!process_->ended) HITCH_CO_CHECK(co_await process_->changed.wait());
      if (stopping_) co_return Done{};
      last_exit_ = *process_->ended;
    }
    if (!must_restart(*last_exit_, restarts)) break;
    // What it left in its group would hold its ports and files.
    scope_->init->signal(*process_, SIGKILL, SignalRequest::Scope::kGroup);
    activity_ = "was waiting to be started again, as it " + how_it_ended();
    const auto next = Deadline::in(restart_delay(restarts));
    while (!next.passed() && !stopping_) {
      HITCH_CO_CHECK(co_await changed_.wait_until(next.when()));
    }
    if (stopping_) co_return Done{};
  }
  const bool meant_to =
      was_asked_to_end(*last_exit_) ||
      (spec_->kind == ServiceKind::kTask
           ? succeeded(*last_exit_)
           : spec_->restart.when == RestartPolicy::When::kOnFailure && succeeded(*last_exit_));
  if (meant_to && spec_->kind == ServiceKind::kTask) was_ready_ = true;
  set_state(meant_to ? ServiceState::kExited : ServiceState::kFailed);
  if (meant_to || failure_is_awaited()) co_return Done{};
  const char* const kind = spec_->kind == ServiceKind::kTask ? "task '" : "service '";
  const char* const verb = spec_->kind == ServiceKind::kTask ? "' failed: it " : "' died: it ";
  co_return Error::because(kind + spec_->name + verb + how_it_ended());
}

bool ServiceRun::is_settled() const {
  return was_ready_ || state_ == ServiceState::kExited ||
         (state_ == ServiceState::kFailed && failure_is_awaited());
}

bool ServiceRun::failure_is_awaited() const {
  const auto waits_for_the_end = [this](const Dependency& need) {
    return need.service == spec_->name && need.condition == Condition::kCompleted;
  };
  return std::any_of(others_->begin(), others_->end(), [&](const auto& other) {
    const auto& needs = other->spec_->depends_on;
    return std::any_of(needs.begin(), needs.end(), waits_for_the_end);
  });
}

bool ServiceRun::succeeded(const ExitStatus& status) const {
  if (status.by_signal()) return false;
  const auto& good = spec_->success_exit_codes;
  return std::find(good.begin(), good.end(), status.code()) != good.end();
}

bool ServiceRun::was_asked_to_end(const ExitStatus& status) const {
  if (asked_signal_ == 0) return false;
  if (status.by_signal()) return status.code() == 128 + asked_signal_;
  return asked_signal_ == SIGTERM || asked_signal_ == SIGINT || asked_signal_ == SIGQUIT ||
         asked_signal_ == spec_->stop_signal;
}

bool ServiceRun::must_restart(const ExitStatus& status, int restarts) const {
  if (stopping_) return false;
  switch (spec_->restart.when) {
    case RestartPolicy::When::kNo:
      return false;
    case RestartPolicy::When::kAlways:
      return true;
    case RestartPolicy::When::kOnFailure:
      return !succeeded(status) && (!spec_->restart.limit || restarts < *spec_->restart.limit);
  }
  return false;
}

Task<Done> ServiceRun::start_in_time(bool first) {
  Patience limit(patience());
  TaskGroup starting(scope_->executor);
  std::optional<Status> result;
  starting.spawn(start(first), [&](Status status) {
    result = std::move(status);
    changed_.wake_all();
  });
  std::optional<Error> stopped;
  const auto died = [this] {
    return in_poststart_ && process_->ended && spec_->kind == ServiceKind::kService;
  };
  while (!result && !limit.is_over() && !stopped && !stopping_ && !died()) {
    const auto waited = co_await changed_.wait_until(limit.when());
    if (!waited) stopped = waited.error();
  }
  if (stopped) {
    co_await ignore_stop();
    co_await starting.stop();
    co_return *stopped;
  }
  co_await starting.stop_first();
  if (result) co_return *result;
  if (stopping_) co_return Done{};
  if (died()) {
    last_exit_ = *process_->ended;
    co_return Error::because("service '" + spec_->name + "' died: it " + how_it_ended() +
                             " while it " + activity_);
  }
  co_return Error::because("service '" + spec_->name + "' was not ready after " +
                               format_seconds(patience()) + " seconds: it " + activity_,
                           Kind::kTimeout);
}

Task<Done> ServiceRun::start(bool first) {
  last_exit_.reset();
  in_poststart_ = false;
  if (first) HITCH_CO_CHECK(co_await pass_gate(Gate::kSetup));
  if (first) HITCH_CO_CHECK(co_await run_hooks(spec_->setup, Phase::kSetup, "setup"));
  HITCH_CO_CHECK(co_await launch_program());
  was_started_ = true;
  scope_->states_changed.wake_all();
  HITCH_CO_CHECK(co_await wait_ready());
  in_poststart_ = true;
  HITCH_CO_CHECK(co_await pass_gate(Gate::kReady));
  if (first) HITCH_CO_CHECK(co_await run_hooks(spec_->poststart, Phase::kPoststart, "poststart"));
  if (first) HITCH_CO_CHECK(co_await pass_gate(Gate::kPoststart));
  in_poststart_ = false;
  activity_ = "had not ended";
  if (spec_->kind == ServiceKind::kTask && !spec_->ready) co_return Done{};
  was_ready_ = true;
  set_state(ServiceState::kReady);
  co_return Done{};
}

Task<Done> ServiceRun::pass_gate(Gate gate) {
  if (std::find(spec_->gates.begin(), spec_->gates.end(), gate) == spec_->gates.end()) {
    co_return Done{};
  }
  activity_ = "waited for a client to open its gate '" + std::string(name_of(gate)) + "'";
  changed_.wake_all();  // its program may have ended before there was a reason to look
  auto passed = co_await scope_->gates.pass(spec_->name, gate, log_start_.offset);
  if (passed) co_return Done{};
  co_return std::move(passed).error().within("service '" + spec_->name + "'");
}

Task<Done> ServiceRun::run_hooks(const std::vector<Command>& hooks, Phase phase, std::string what) {
  for (const auto& hook : hooks) {
    const std::string name = what + " command '" + command_text(hook) + "'";
    activity_ = "was running its " + name;
    auto status = co_await run_hook(scope_, spec_, hook, &environment_, phase, HookOutput::kLogged);
    if (!status) {
      co_return std::move(status)
          .error()
          .with_kind(Kind::kEnvironment)
          .within("service '" + spec_->name + "': " + name);
    }
    if (status->code() != 0) {
      co_return Error::because("service '" + spec_->name + "': its " + name + " " + status->text());
    }
  }
  co_return Done{};
}

Task<Done> ServiceRun::open_notify_socket() {
  if (!spec_->ready || !needs_notify_socket(spec_->ready->condition)) co_return Done{};
  if (notify_) notify_->close();  // of the program before a restart
  HITCH_CO_TRY(auto socket, make_notify_socket(scope_->viewer_pid(),
                                               notify_path_of(*scope_->spec, spec_->name)));
  notify_ = std::make_shared<asio::posix::stream_descriptor>(scope_->executor, socket.release());
  co_return Done{};
}

Task<Done> ServiceRun::launch_program() {
  const std::string phrase = "start service '" + spec_->name + "'";
  activity_ = "was being started";
  UniqueFd null_device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null_device.is_open()) co_return Error::from_errno(errno, "open", "/dev/null");
  auto notify = co_await open_notify_socket();
  if (!notify) co_return std::move(notify).error().within(phrase);
  log_start_ = {scope_->log->end(), 0};
  auto pump = OutputPump::create(scope_, spec_->name, Phase::kRun);
  if (!pump) co_return std::move(pump).error().within(phrase);
  output_ = *pump;
  LaunchRequest request = launch_for(*spec_, spec_->command, environment_);
  request.stdio = {null_device.get(), output_->out_fd(), output_->err_fd()};
  (void)thaw();  // of a program that was killed while it stood still
  enter_groups(*scope_, spec_->name, &request);
  begin_to_count();
  auto process = co_await scope_->init->launch(std::move(request));
  if (!process) {
    output_->end();
    co_return std::move(process).error().with_kind(Kind::kEnvironment).within(phrase);
  }
  process_ = *process;
  started_at_ = Clock::now();
  asked_signal_ = 0;
  paused_ = false;
  process_->before_end = [this, output = output_] {
    output->drain();
    count_kills();
    changed_.wake_all();
  };
  output_->on_append([listeners = line_listeners_] { listeners->notify(); });
  output_->start();
  co_return Done{};
}

Task<Done> ServiceRun::wait_ready() {
  if (!spec_->ready) co_return Done{};
  activity_ = "waited for " + describe_condition(spec_->ready->condition);
  TaskGroup watching(scope_->executor);
  std::optional<Status> result;
  watching.spawn(wait_until_ready(&*spec_->ready, this), [&](Status status) {
    result = std::move(status);
    process_->changed.wake_all();
  });
  std::optional<Patience> limit;
  if (spec_->ready->timeout) limit.emplace(*spec_->ready->timeout);
  std::optional<Error> stopped;
  while (!result && !process_->ended && !stopped && !(limit && limit->is_over())) {
    const auto when = limit ? limit->when() : Clock::time_point::max();
    const auto waited = co_await process_->changed.wait_until(when);
    if (!waited) stopped = waited.error();
  }
  if (stopped) {
    co_await ignore_stop();
    co_await watching.stop();
    co_return *stopped;
  }
  co_await watching.stop_first();
  if (notify_) scope_->tasks.spawn(ignore_notifications(notify_));
  if (result) {
    if (!*result) {
      // What is wrong with the file stays so; the other codes say what became of CMD.
      const bool usage = result->error().kind() == Kind::kUsage;
      co_return Error(result->error())
          .with_kind(usage ? Kind::kUsage : Kind::kEnvironment)
          .within("service '" + spec_->name + "'");
    }
    co_return Done{};
  }
  if (process_->ended) {
    last_exit_ = *process_->ended;
    co_return Error::because("service '" + spec_->name + "' died before it was ready: it " +
                             how_it_ended() + " while it " + activity_);
  }
  co_return Error::because("service '" + spec_->name + "' was not ready after " +
                               format_seconds(*spec_->ready->timeout) + " seconds: it " + activity_,
                           Kind::kTimeout);
}

Subscription ServiceRun::on_log(std::function<void()> listener) {
  return line_listeners_->add(std::move(listener));
}

pid_t ServiceRun::main_pid() const {
  return process_ ? process_->pidfd.pid() : 0;
}

Task<UniqueFd> ServiceRun::make_socket(int family, int type, int protocol) {
  return scope_->init->make_socket(family, type, protocol);
}

Task<ExitStatus> ServiceRun::run_command(Command command) {
  return run_hook(scope_, spec_, std::move(command), &environment_, Phase::kRun,
                  HookOutput::kThrownAway);
}

}  // namespace hitch
