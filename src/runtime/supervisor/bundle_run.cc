#include "runtime/supervisor/bundle_run.h"

#include <fcntl.h>
#include <malloc.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/exit_code.h"
#include "runtime/base/installed.h"
#include "runtime/base/patience.h"
#include "runtime/base/text.h"
#include "runtime/supervisor/hooks.h"
#include "runtime/supervisor/limits.h"
#include "runtime/supervisor/namespace_rights.h"
#include "runtime/supervisor/service_environment.h"

namespace hitch {

namespace {

/// How long the kernel may take to end what was killed; a process that waits for a dead device or
/// file server takes longer.
constexpr Milliseconds kKillPatience{5000};

/// So many leave memory behind that is worth giving back. malloc_trim(3)
constexpr std::size_t kManyServices = 10;

/// Whether one of the standard streams is the terminal that controls this session: then CMD has to
/// stay in the session, or a shell in it could not do job control. credentials(7)
bool stdio_is_our_terminal() {
  for (const int fd : {0, 1, 2}) {
    if (::isatty(fd) == 1 && ::tcgetsid(fd) == ::getsid(0)) return true;
  }
  return false;
}

}  // namespace

BundleRun::BundleRun(const asio::any_io_executor& executor, const RunRequest* request,
                     LogStore* log)
    : request_(request),
      log_(log),
      scope_(executor, &request->bundle, &request->caller.environment, log),
      signals_(executor),
      root_preparer_(&scope_, request),
      fallback_(&scope_, request, &root_preparer_),
      preparer_(&scope_, request, &fallback_, &root_preparer_),
      lives_(executor) {
  const std::filesystem::path run(request->runtime_directory);
  scope_.groups.emplace(run.filename().native(), run / kGroupRecordFile);
  scope_.fail = [this](Error error, const std::string& service) {
    fail(std::move(error), service);
  };
}

asio::awaitable<RunOutcome> BundleRun::run() {
  const auto status = co_await work();
  if (!status) fail(status.error(), "");
  if (failure_ && is_built_ && !request_->shell_on_failure.empty()) {
    const auto opened = co_await open_shell();
    if (!opened) scope_.say(opened.error().message());
  }
  co_await tear_down();
  co_return outcome();
}

Task<Done> BundleRun::work() {
  HITCH_CO_CHECK(signals_.open());
  scope_.tasks.spawn(signals_.run([this](StopSignal signal) { on_signal(signal); }));
  open_control();
  HITCH_CO_CHECK(accept_owner());
  if (request_->early_init == nullptr) own_early_init_.emplace(request_->init_program);
  auto* const early = own_early_init_ ? &*own_early_init_ : request_->early_init;
  HITCH_CO_CHECK(settle_rights(&scope_, request_, *early));
  // Before anything starts: a port that is taken should not cost the time of a start.
  HITCH_CO_CHECK(published_.open(scope_));
  HITCH_CO_CHECK(put_limits_in_force(&scope_, request_));
  HITCH_CO_CHECK(make_place());
  HITCH_CO_CHECK(co_await build_space(early));
  if (must_end()) co_return Done{};
  published_.start(scope_.init);
  HITCH_CO_CHECK(co_await start_services());
  if (must_end()) co_return Done{};
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - began_);
  is_ready_ = true;
  scope_.events.tell("bundle", {{"state", "ready"}});
  if (on_ready_) on_ready_();
  scope_.states_changed.wake_all();
  scope_.say("READY in " + format_seconds(took) + " seconds.");
  // What reading the file and starting took is not needed again, and a bundle may stay for days.
  if (services_.size() >= kManyServices) (void)::malloc_trim(0);
  if (!request_->command.empty()) co_return co_await run_command();
  co_return co_await stay_until_done();
}

/// A bundle without one runs all the same.
void BundleRun::open_control() {
  control_ = std::make_unique<BundleControl>(ControlledRun{
      .scope = &scope_,
      .request = request_,
      .services = &services_,
      .published = &published_.by_service(),
      .state = [this] { return std::string(state()); },
      .stop = [this](std::string by) { stop_for_client(std::move(by)); },
      .start = [this](ServiceRun* service) { live_again(service); },
      .why_it_ended =
          [this] {
            return failure_ ? failure_->error : Error::because("the bundle has been stopped");
          }});
  auto server = ControlServer::open(
      scope_.executor, request_->runtime_directory + "/control.sock", control_.get(),
      [this](std::string refusal) { scope_.say("control socket: " + refusal); });
  if (server) {
    server_ = *std::move(server);
  } else {
    scope_.say("nothing can be asked of this bundle while it runs: " + server.error().message());
  }
}

void BundleRun::stop_for_client(std::string by) {
  if (interrupted_) return;  // one that failed may stand still for a shell: that can be ended too
  begin_to_stop({SIGTERM, false});
  scope_.say("asked to stop by " + by);
  stopped_by_ = std::move(by);
}

std::string_view BundleRun::state() const noexcept {
  if (is_ending_ || must_end()) return "stopping";
  if (is_ready_) return "ready";
  return is_built_ ? "starting" : "preparing";
}

Task<Done> BundleRun::start_services() {
  for (const auto& spec : request_->bundle.services) {
    services_.push_back(std::make_unique<ServiceRun>(&spec, &scope_, &services_));
  }
  for (const auto& service : services_) live(service.get());
  Patience limit(patience(), began_);
  while (!all_ready() && !must_end()) {
    HITCH_CO_CHECK(co_await scope_.states_changed.wait_until(limit.when()));
    if (!all_ready() && limit.is_over()) fail_too_late();
  }
  co_return Done{};
}

void BundleRun::live(ServiceRun* service) {
  lives_.spawn(service->live(), [this, service](Status status) {
    if (!status) fail(status.error(), service->spec().name);
    scope_.states_changed.wake_all();
  });
}

/// At somebody's wish, who learns it if it does not even get ready.
void BundleRun::live_again(ServiceRun* service) {
  service->forget();
  lives_.spawn(service->live(), [this, service](Status status) {
    if (!status && service->was_ready()) fail(status.error(), service->spec().name);
    scope_.states_changed.wake_all();
  });
}

bool BundleRun::all_ready() const {
  // A bundle of tasks alone is not "ready" while they run: they are its work.
  return std::all_of(services_.begin(), services_.end(), [&](const auto& service) {
    return service->is_settled() ||
           (request_->command.empty() && service->spec().kind == ServiceKind::kTask);
  });
}

bool BundleRun::all_tasks_done() const {
  return std::all_of(services_.begin(), services_.end(), [](const auto& service) {
    return service->spec().kind == ServiceKind::kTask && service->is_over();
  });
}

/// The bundle's own limit, or that of the service that may take longer than the whole bundle.
Milliseconds BundleRun::patience() const {
  Milliseconds longest = request_->bundle.startup_timeout;
  for (const auto& service : services_) longest = std::max(longest, service->patience());
  return longest;
}

void BundleRun::fail_too_late() {
  std::string late, first;
  for (const auto& service : services_) {
    if (service->is_settled()) continue;
    if (first.empty()) first = service->spec().name;
    late += (late.empty() ? "" : "; ") + ("service '" + service->spec().name + "' ") +
            service->activity();
  }
  fail(Error::because(
           "the bundle was not ready after " + format_seconds(patience()) + " seconds: " + late,
           Kind::kTimeout),
       first);
}

LaunchRequest BundleRun::launch_on_our_streams(const Command& command) const {
  const auto environment = command_environment(request_->bundle, request_->caller.environment);
  LaunchRequest launch;
  launch.argv = command;
  launch.programs = program_candidates(command.front(), environment.search_path());
  launch.environment = environment.strings();
  launch.directory = request_->caller.working_directory;
  launch.stdio = {0, 1, 2};
  launch.session = stdio_is_our_terminal() ? ChildSession::kShared : ChildSession::kOwn;
  return launch;
}

/// In the bundle as it was when it failed: what still ran stands still meanwhile.
Task<Done> BundleRun::open_shell() {
  if (!stdio_is_our_terminal()) {
    co_return Error::because("--on-fail=shell needs a terminal: no shell was opened");
  }
  for (const auto& service : services_) {
    if (service->running_process() != nullptr) (void)service->pause();
  }
  scope_.say(sentence_of(failure_->error));
  scope_.say("all services are stopped; the bundle is taken down when this shell ends");
  auto launch = launch_on_our_streams(request_->shell_on_failure);
  HITCH_CO_TRY(const auto shell, co_await scope_.init->launch(std::move(launch)));
  shell->before_end = [this] { scope_.states_changed.wake_all(); };
  while (!shell->ended && !interrupted_) HITCH_CO_CHECK(co_await scope_.states_changed.wait());
  co_return Done{};
}

Task<Done> BundleRun::run_command() {
  auto launch = launch_on_our_streams(request_->command);
  command_shares_terminal_ = launch.session == ChildSession::kShared;
  HITCH_CO_TRY(command_, co_await scope_.init->launch(std::move(launch)));
  command_->before_end = [this] { scope_.states_changed.wake_all(); };
  while (!command_->ended && !must_end()) HITCH_CO_CHECK(co_await scope_.states_changed.wait());
  if (command_->ended) co_return Done{};
  co_return co_await stop_command();
}

/// It gets the time to end by itself that services get: a test may want to say what it saw.
Task<Done> BundleRun::stop_command() {
  // Keys go to the terminal's whole foreground group, hanging up to the leader of its session
  // alone. termios(3), setsid(2)
  const bool knows_already = interrupted_ && command_shares_terminal_ &&
                             interrupted_->from_terminal && interrupted_->number != SIGHUP;
  if (!knows_already) {
    const int signal = interrupted_ ? interrupted_->number : SIGTERM;
    scope_.init->signal(*command_, signal, SignalRequest::Scope::kGroup);
  }
  Patience limit(request_->bundle.shutdown_timeout);
  while (!command_->ended && !limit.is_over() && !killed_) {
    HITCH_CO_CHECK(co_await scope_.states_changed.wait_until(limit.when()));
  }
  co_return Done{};
}

Task<Done> BundleRun::stay_until_done() {
  while (!must_end() && !all_tasks_done()) {
    HITCH_CO_CHECK(co_await scope_.states_changed.wait());
  }
  co_return Done{};
}

void BundleRun::on_signal(StopSignal signal) {
  if (!interrupted_) {
    begin_to_stop(signal);
    scope_.say("asked to stop by " + signal_name(signal.number) +
               "; once more kills everything at once");
    return;
  }
  killed_ = true;
  if (space_) space_->kill();
  scope_.states_changed.wake_all();
}

void BundleRun::begin_to_stop(StopSignal signal) {
  interrupted_ = signal;
  preparer_.stop();
  fallback_.stop();
  if (space_ && !is_built_) space_->kill();  // init may wait for a disk or a file server
  scope_.states_changed.wake_all();
}

void BundleRun::fail(Error error, const std::string& service) {
  // What comes after the first failure, or after the order to stop, is its consequence.
  if (!failure_ && !interrupted_) failure_ = Failure{std::move(error), service};
  scope_.states_changed.wake_all();
}

asio::awaitable<void> BundleRun::tear_down() {
  is_ending_ = true;
  json::object event{{"state", "stopping"}};
  if (failure_) event["reason"] = sentence_of(failure_->error);
  scope_.events.tell("bundle", std::move(event));
  if (space_) {
    (void)co_await stop_services();  // what does not stop in time is killed below
    const auto gone = co_await space_->destroy(kKillPatience);
    if (!gone) say_what_is_left(gone.error());
  }
  const auto removed = co_await remove_groups(&scope_, kKillPatience);
  if (!removed && !teardown_error_) teardown_error_ = removed.error();
  for (const auto& service : services_) service->abandon();
  (void)co_await lives_.drained();
  for (const auto& service : services_) service->end_output();
  if (server_) co_await server_->stop();
  co_await published_.stop();
  co_await scope_.tasks.stop();
}

/// Whatever the run ends with: somebody has to look after what did not end.
void BundleRun::say_what_is_left(Error error) {
  teardown_error_ = std::move(error);
  const auto words = sentence_of(*teardown_error_);
  if (outcome().reason != words) scope_.say(words);
}

Task<Done> BundleRun::stop_services() {
  TaskGroup stopping(scope_.executor);
  std::size_t left = services_.size();
  for (const auto& service : services_) {
    stopping.spawn(service->stop(), [this, &left](Status status) {
      --left;
      if (!status) {
        scope_.say(status.error().message());
        if (!teardown_error_) teardown_error_ = status.error();
      }
      scope_.states_changed.wake_all();
    });
  }
  Patience limit(request_->bundle.shutdown_timeout);
  bool too_late = false;
  while (left > 0 && !too_late && !killed_ && !scope_.init->is_closed()) {
    (void)co_await scope_.states_changed.wait_until(limit.when());
    too_late = limit.is_over();
  }
  if (left > 0 && too_late) {
    scope_.say("what had not stopped after " + format_seconds(request_->bundle.shutdown_timeout) +
               " seconds (shutdown_timeout) was killed");
  }
  for (const auto& service : services_) {
    if (teardown_error_) break;
    if (auto cut_off = service->unfinished_teardown()) teardown_error_ = std::move(cut_off);
  }
  co_await stopping.stop();
  co_return Done{};
}

RunOutcome BundleRun::outcome() const {
  RunOutcome result;
  const bool taken_down = stopped_by_ && !killed_;
  if (taken_down && !failure_ && !command_) {
    result.reason = "taken down by " + *stopped_by_;
  } else if (interrupted_ && interrupted_->number == kOwnerGone) {
    result.exit_code = 128 + SIGHUP;
    result.reason = "the process that the bundle belongs to has gone";
  } else if (interrupted_ && !(taken_down && failure_)) {
    result.exit_code = 128 + interrupted_->number;
    result.reason = "interrupted by " + signal_name(interrupted_->number);
  } else if (failure_) {
    result.exit_code = exit_code_of(failure_->error.kind());
    result.reason = sentence_of(failure_->error);
    result.failed_service = failure_->service;
  } else if (command_ && command_->ended) {
    result.exit_code = command_->ended->code();
    result.reason = "'" + command_text(request_->command) + "' " + command_->ended->text();
  } else {
    result.reason = "all tasks have ended";
  }
  if (teardown_error_ && result.exit_code == 0) {
    result.exit_code = exit_code_of(Kind::kEnvironment);
    result.reason = sentence_of(*teardown_error_);
  }
  return result;
}

}  // namespace hitch
