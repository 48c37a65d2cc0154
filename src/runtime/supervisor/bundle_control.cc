#include "runtime/supervisor/bundle_control.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "runtime/base/text.h"
#include "runtime/supervisor/exec.h"
#include "runtime/supervisor/log_feed.h"
#include "runtime/supervisor/time_control.h"
#include "runtime/supervisor/usage.h"

namespace hitch {

namespace {

ServiceInfo describe(const ServiceRun& service) {
  ServiceInfo info;
  info.name = service.spec().name;
  info.kind = service.spec().kind == ServiceKind::kTask ? "task" : "service";
  info.state = service.is_paused() ? "paused" : name_of(service.state());
  const bool starts =
      service.state() == ServiceState::kPending || service.state() == ServiceState::kStarting;
  if (starts) info.activity = service.activity();
  if (const auto* process = service.running_process()) {
    info.pid = process->pidfd.pid();
    info.pid_inside = process->pid_inside;
    info.uptime_seconds =
        std::chrono::duration<double>(Clock::now() - service.started_at()).count();
  }
  info.restarts = service.restarts();
  info.oom_kills = service.oom_kills();
  if (service.last_exit()) info.exit_code = service.last_exit()->code();
  return info;
}

void add_usage(const BundleUsage& of_bundle, ServiceInfo& info) {
  auto usage = of_bundle.of(info.pid);
  info.cpu_seconds = usage.cpu_seconds;
  info.memory_bytes = usage.memory_bytes;
  info.ports = std::move(usage.ports);
}

}  // namespace

BundleInfo BundleControl::info(bool with_usage) const {
  const auto& bundle = run_.request->bundle;
  BundleInfo info;
  info.id = std::filesystem::path(run_.request->runtime_directory).filename().native();
  info.name = bundle.name;
  info.state = run_.state();
  info.supervisor_pid = ::getpid();
  info.init_pid = run_.scope->init_pid;
  info.uptime_seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  info.directory = bundle.directory.native();
  info.state_directory = (run_.request->directories.state / info.id).native();
  info.socket = run_.request->runtime_directory + "/control.sock";
  if (const auto* time = run_.scope->time) {
    info.clock_backend = time->backend();
    info.clock_reason = time->why();
  }
  info.isolation_level = name_of(run_.scope->isolation.level);
  info.isolation_reason = run_.scope->isolation.why;
  std::optional<BundleUsage> usage;
  if (with_usage) usage.emplace(info.init_pid);
  for (const auto& service : *run_.services) {
    info.services.push_back(describe(*service));
    const auto missing = run_.scope->missing_limits.find(service->spec().name);
    if (missing != run_.scope->missing_limits.end()) {
      info.services.back().missing_limits = missing->second;
    }
    info.services.back().gate = run_.scope->gates.held(service->spec().name);
    auto& last = info.services.back();
    const auto [first, end] = run_.published->equal_range(last.name);
    for (auto it = first; it != end; ++it) last.published.push_back(it->second);
    if (usage && last.pid != 0) add_usage(*usage, last);
  }
  return info;
}

Result<ServiceRun*> BundleControl::find(const std::string& name) const {
  std::vector<std::string_view> known;
  for (const auto& service : *run_.services) {
    if (service->spec().name == name) return service.get();
    known.push_back(service->spec().name);
  }
  auto error = Error::because("the bundle has no service " + in_quotes(name), Kind::kUsage);
  if (const auto nearest = nearest_spelling(name, known)) {
    return std::move(error).with_hint("did you mean '" + *nearest + "'?");
  }
  return error;
}

Status BundleControl::require_running() const {
  if (run_.state() == "stopping") return Error::because("the bundle is being taken down");
  return Done{};
}

Task<Done> BundleControl::wait_ready() {
  while (run_.state() == "preparing" || run_.state() == "starting") {
    HITCH_CO_CHECK(co_await run_.scope->states_changed.wait());
  }
  if (run_.state() != "ready") co_return run_.why_it_ended();
  co_return Done{};
}

Task<Done> BundleControl::start_service(std::string name) {
  HITCH_CO_CHECK(require_running());
  HITCH_CO_TRY(ServiceRun* const service, find(name));
  if (service->is_over()) run_.start(service);
  while (!service->was_ready() && !service->is_over()) {
    HITCH_CO_CHECK(co_await run_.scope->states_changed.wait());
  }
  if (service->failure()) co_return *service->failure();
  co_return Done{};
}

Task<Done> BundleControl::stop_service(std::string name) {
  HITCH_CO_CHECK(require_running());
  HITCH_CO_TRY(ServiceRun* const service, find(name));
  // A task of the run: it goes on when the client has lost its patience.
  const auto outcome = std::make_shared<std::optional<Status>>();
  BundleScope* const scope = run_.scope;
  scope->tasks.spawn(service->halt(), [outcome, scope](Status status) {
    *outcome = std::move(status);
    scope->states_changed.wake_all();
  });
  while (!*outcome) HITCH_CO_CHECK(co_await scope->states_changed.wait());
  co_return **outcome;
}

Status BundleControl::signal_service(const std::string& name, int signal) {
  HITCH_TRY(ServiceRun* const service, find(name));
  return service->signal(signal);
}

Status BundleControl::pause_service(const std::string& name) {
  HITCH_TRY(ServiceRun* const service, find(name));
  return service->pause();
}

Status BundleControl::resume_service(const std::string& name) {
  HITCH_TRY(ServiceRun* const service, find(name));
  return service->resume();
}

Task<int> BundleControl::wait_service(std::string name) {
  HITCH_CO_TRY(ServiceRun* const service, find(name));
  while (!service->is_over()) HITCH_CO_CHECK(co_await run_.scope->states_changed.wait());
  if (const auto status = service->final_exit()) co_return status->code();
  if (service->failure()) co_return *service->failure();
  co_return Error::because("service " + in_quotes(name) + " never ran");
}

Task<std::shared_ptr<ExecHandle>> BundleControl::exec(ExecRequest request) {
  HITCH_CO_CHECK(require_running());
  const ServiceRun* service = nullptr;
  if (!request.service.empty()) {
    HITCH_CO_TRY(service, find(request.service));
  }
  if (run_.state() == "preparing") co_return Error::because("the bundle is still being set up");
  co_return co_await start_exec(run_.scope, service, std::move(request));
}

Status BundleControl::open_gate(std::int64_t number, const std::optional<std::string>& objection) {
  return run_.scope->gates.open(number, objection);
}

Result<BundleTime*> BundleControl::own_time() const {
  HITCH_CHECK(require_running());
  if (run_.scope->time != nullptr) return run_.scope->time;
  if (has_own_clock(*run_.scope->spec)) return Error::because("the bundle is still being set up");
  return Error::because("the bundle has no clock of its own", Kind::kUsage)
      .with_hint("say 'clock: {}' in its file");
}

Result<TimeInfo> BundleControl::time() const {
  HITCH_TRY(const auto* time, own_time());
  return describe(*time);
}

Task<TimeInfo> BundleControl::change_time(TimeChange change) {
  HITCH_CO_TRY(auto* const time, own_time());
  const BundleTime::Change how = [&](BundleClock& clock, ClockTime real) {
    return apply(change, clock, real);
  };
  HITCH_CO_CHECK(co_await time->change(how));
  auto info = describe(*time);
  info.message = text_of(change, info);
  run_.scope->say(info.message);
  tell_of_clock(run_.scope->events, *time);
  co_return info;
}

Result<UniqueFd> BundleControl::open_log() const {
  const std::string path = run_.scope->log->file()->name();
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "open", path);
  return file;
}

Result<std::shared_ptr<LogFeed>> BundleControl::follow_log(LogWish wish) const {
  return feed_from(run_.scope->executor, run_.scope->log, names(), std::move(wish));
}

Status BundleControl::add_to_log(const LogRemark& remark) {
  return remarks_.add(run_.scope->log, names(), remark);
}

std::vector<std::string_view> BundleControl::names() const {
  std::vector<std::string_view> names;
  for (const auto& service : run_.request->bundle.services) names.push_back(service.name);
  return names;
}

std::shared_ptr<void> BundleControl::on_event(OnEvent hear) {
  return run_.scope->events.add(std::move(hear));
}

}  // namespace hitch
