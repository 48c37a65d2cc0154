// The start of a bundle and its end: the part of BundleState that deals with the supervisor.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/exit_code.h"
#include "runtime/client/bundle_state.h"
#include "runtime/client/description.h"
#include "runtime/client/failure.h"
#include "runtime/client/remark.h"
#include "runtime/client/running_bundles.h"
#include "runtime/client/start_failure.h"

namespace hitch::client {

namespace {

/// A file in memory with a text, to be read from its beginning. memfd_create(2)
UniqueFd file_of(std::string_view text) {
  UniqueFd file(::memfd_create("hitch", MFD_CLOEXEC));
  if (!file.is_open()) throw Error("create a file in memory: " + errno_text(errno));
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0) throw Error("write a file in memory: " + errno_text(errno));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  (void)::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string text_in(const UniqueFd& file) {
  struct stat about {};
  (void)::fstat(file.get(), &about);
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  const ssize_t n = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

/// Both ends of a stream, the first of which the bundle belongs to.
std::array<UniqueFd, 2> owner_sockets() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    throw Error("create a pair of sockets: " + errno_text(errno));
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<std::string> command_of(const std::string& program, const BundleOptions& options) {
  std::vector<std::string> argv{program};
  for (const auto& file : options.bundle_files) {
    argv.insert(argv.end(), {"-f", absolute_path(file).string()});
  }
  argv.insert(argv.end(), {"-f", "-", "up", "--quiet", "--owner-fd", "3"});
  return argv;
}

/// How long a bundle may take to go: docs/running.md, "How things stop".
Milliseconds patience_of(const BundleOptions& options) {
  const bool is_known = options.shutdown_timeout || options.bundle_files.empty();
  const Milliseconds own = options.shutdown_timeout.value_or(is_known ? std::chrono::seconds(5)
                                                                      : std::chrono::seconds(60));
  // poll(2) cannot wait for more than 24 days.
  constexpr Milliseconds kLongest = std::chrono::hours(10 * 24);
  return 2 * std::clamp(own, Milliseconds(0), kLongest) + std::chrono::seconds(15);
}

}  // namespace

Result<json::value> BundleState::ask(std::string_view method) {
  return session().connection->call(method);
}

void BundleState::startup() {
  {
    const std::lock_guard lock(life_);
    if (owner_ != 0) throw Error("the bundle has been started already");
    if (services_.empty() && options_.bundle_files.empty()) {
      throw BundleMisconfiguration("the bundle has no services");
    }
    start_supervisor();
  }
  Status status = Done{};
  try {
    status = wait_until_ready();
  } catch (...) {
    shutdown();
    throw;
  }
  if (!status) give_up(status.error());
}

void BundleState::start_supervisor() {
  const auto directory = project_directory(options_);
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    throw BundleMisconfiguration("the project directory '" + directory.string() +
                                 "' does not exist");
  }
  const auto program = value_or_throw(hitch_program());
  const auto bundle = file_of(bundle_.describe().dump());
  said_ = file_of({});
  const UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  auto sockets = owner_sockets();
  ChildPlan plan;
  plan.argv = command_of(program, options_);
  plan.directory = directory;
  plan.in = bundle.get();
  plan.out = nothing.get();
  plan.err = said_.get();
  plan.as_fd_3 = sockets[1].get();
  gates_.emplace([this](const Gate& gate) { return serve(gate); },
                 [this](const Gate& gate, const std::string& error) { open(gate, error); });
  auto connection = value_or_throw(SharedConnection::over(
      std::move(sockets[0]), [this](const json::object& event) { on_event(event); }));
  // Before there is anybody to answer: a bundle may be over sooner than this thread goes on.
  first_question_ = value_or_throw(connection->begin("bundle.info"));
  supervisor_ = value_or_throw(ChildProgram::start(plan));
  owner_ = ::getpid();
  auto session = std::make_unique<Session>();
  session->process = owner_;
  session->connection = std::move(connection);
  session_ = session.release();
  note_running(bundle_);
}

Status BundleState::wait_until_ready() {
  HITCH_TRY(const auto info, session_.load()->connection->finish(first_question_));
  run_id_ = std::string(info.at("id").as_string());
  state_directory_ = std::string(info.at("state_directory").as_string());
  socket_path_ = std::string(info.at("socket").as_string());
  auto& session = *session_.load();
  session.log = value_or_throw(LogFile::open(state_directory_));
  session.watches = std::make_unique<LogWatches>(state_directory_ / kLogFileName);
  if (!options_.quiet) {
    const std::lock_guard lock(life_);
    follower_.emplace(value_or_throw(hitch_program()), run_id_);
    follower_->start(LogFollower::From::kBeginning);
  }
  // Each gate from here on is an event; those that services wait at already are not.
  HITCH_CHECK(ask("events.subscribe"));
  HITCH_TRY(const auto now, ask("bundle.info"));
  for (const auto& service : now.at("services").as_array()) {
    const auto* gate = service.as_object().if_contains("gate");
    if (gate == nullptr) continue;
    gates_->reached(Gate::from(service.at("name").as_string(), gate->as_object()));
  }
  HITCH_CHECK(ask("bundle.wait_ready"));
  HITCH_TRY(const auto ready, ask("bundle.info"));
  add_services_of_files(ready);
  return Done{};
}

void BundleState::give_up(const hitch::Error& error) {
  const bool by_shutdown = is_shut_down_;
  auto& connection = *session_.load()->connection;
  connection.tell("bundle.stop", {{"by", "the test"}});
  StartFailure failure;
  failure.kind = error.kind();
  if (error.message() != kBundleHasEnded) failure.answer = sentence_of(error);
  {
    const std::lock_guard lock(life_);  // a setup() may be shutting it down
    failure.exit_code = supervisor_->wait(Deadline::in(patience_of(options_))).value_or(-1);
  }
  failure.said = text_in(said_);
  const auto cause = gates_->first_error();
  shutdown();
  if (cause) std::rethrow_exception(cause);
  if (by_shutdown) throw Error("the bundle was shut down while it started");
  throw_start_failure(failure);
}

void BundleState::shutdown() noexcept {
  if (!is_ours()) return;
  {
    const std::lock_guard lock(life_);
    if (!supervisor_) return;
    if (!is_shut_down_.exchange(true)) take_down();
  }
  // Each time, and without the lock: a setup() may have called this, and may do so meanwhile.
  gates_->join();
}

void BundleState::take_down() {
  note_stopped(bundle_);
  auto& connection = *session_.load()->connection;
  connection.tell("bundle.stop", {{"by", "the test"}});
  if (!supervisor_->wait(Deadline::in(patience_of(options_)))) supervisor_->kill();
  connection.hang_up();
  if (follower_) follower_->finish();
}

void BundleState::on_event(const json::object& event) {
  const auto& type = event.at("type");
  if (type == "gate") {
    gates_->reached(Gate::from(event.at("service").as_string(), event.at("gate").as_object()));
  }
  if (type == "bundle" && event.at("state") == "stopping") {
    const auto* reason = event.if_contains("reason");
    const std::lock_guard lock(failure_mutex_);
    failure_ = reason != nullptr ? std::string(reason->as_string()) : "it has been stopped";
  }
}

// What services wait for.

bool BundleState::serve(const Gate& gate) {
  Service* service = nullptr;
  for (const auto& candidate : services_) {
    if (candidate->name() == gate.service) service = candidate.get();
  }
  if (service == nullptr) return false;  // of a file that has gates: some other client's business
  if (gate.at == "ready") return wait_for_readiness(*service, gate);
  gate.at == "setup" ? service->setup() : service->poststart();
  return true;
}

bool BundleState::wait_for_readiness(Service& service, const Gate& gate) {
  const auto& is_ready = service.options().log_line_ready_checker;
  if (!is_ready) return false;
  auto& session = *session_.load();
  LogReader reader(session.log, filter_of(gate.service, std::nullopt, Phase::kRun),
                   {gate.log_offset, 0});
  auto watch = session.watches->take();
  while (!session.connection->has_ended() && gates_->is_current(gate)) {
    while (const auto line = value_or_throw(reader.next())) {
      if (is_ready(*line)) return true;
    }
    watch.wait(session.connection->ended_fd(), std::nullopt);
  }
  return false;
}

void BundleState::open(const Gate& gate, const std::string& error) {
  json::object params{{"gate", gate.number}};
  if (!error.empty()) params["error"] = fit_to_send(error).substr(0, 2000);
  session_.load()->connection->tell("gate.open", std::move(params));
}

}  // namespace hitch::client
