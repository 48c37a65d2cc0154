#include "runtime/client/bundle_state.h"

#include <unistd.h>

#include <iostream>

#include "runtime/base/unix_socket.h"
#include "runtime/client/description.h"
#include "runtime/client/failure.h"
#include "runtime/client/remark.h"

namespace hitch::client {

BundleState::BundleState(ServiceBundle& bundle, BundleOptions options)
    : bundle_(bundle), options_(std::move(options)) {}

BundleState::~BundleState() {
  shutdown();
  delete session_.load();
}

void BundleState::put(const std::string& name, std::unique_ptr<Service> service) {
  if (owner_ != 0) {
    throw BundleMisconfiguration("'" + name + "' comes too late: the bundle has been started");
  }
  check_name(name);
  for (const auto& other : services_) {
    if (other->name() == name) {
      throw BundleMisconfiguration("the bundle has a service '" + name + "' already");
    }
  }
  service->name_ = name;
  service->state_ = this;
  check_service(*service, !options_.bundle_files.empty());
  services_.push_back(std::move(service));
}

Service& BundleState::service(std::string_view name) const {
  for (const auto& service : services_) {
    if (service->name() == name) return *service;
  }
  throw UnknownService("the bundle has no service '" + std::string(name) + "'");
}

void BundleState::add_services_of_files(const json::value& info) {
  for (const auto& known : info.at("services").as_array()) {
    const std::string name(known.at("name").as_string());
    bool is_new = true;
    for (const auto& service : services_) is_new = is_new && service->name() != name;
    if (!is_new) continue;
    auto service = std::make_unique<Service>(ServiceOptions());
    service->name_ = name;
    service->state_ = this;
    services_.push_back(std::move(service));
  }
}

bool BundleState::is_ours() const noexcept {
  return owner_ == 0 || owner_ == ::getpid();
}

bool BundleState::is_running() noexcept {
  if (session_.load() == nullptr) return false;
  try {
    return !why_ended();
  } catch (const Error&) {
    return false;  // a forked child that cannot reach it
  }
}

bool BundleState::has_clock() const {
  if (options_.clock) return *options_.clock != Json(false);
  return true;  // a file may have one
}

// The way to it.

std::unique_ptr<Session> BundleState::session_over(
    std::unique_ptr<SharedConnection> connection) const {
  auto session = std::make_unique<Session>();
  session->process = ::getpid();
  session->connection = std::move(connection);
  session->log = value_or_throw(LogFile::open(state_directory_));
  session->watches = std::make_unique<LogWatches>(state_directory_ / kLogFileName);
  return session;
}

std::unique_ptr<Session> BundleState::session_of_child() const {
  std::unique_ptr<SharedConnection> connection;
  if (auto socket = connect_to(socket_path_)) {
    auto made = SharedConnection::over(*std::move(socket), nullptr);
    if (made) connection = *std::move(made);
  }
  return session_over(std::move(connection));
}

Session& BundleState::session() {
  Session* session = session_.load();
  if (session == nullptr) throw Error("the bundle has not been started");
  if (session->process == ::getpid()) return *session;
  auto own = session_of_child();
  if (session_.compare_exchange_strong(session, own.get())) return *own.release();
  return *session;  // another thread of this process was faster
}

SharedConnection& BundleState::connection() {
  auto& session = this->session();
  if (const auto why = why_ended()) throw ServiceDied("the bundle has ended: " + *why);
  return *session.connection;
}

json::value BundleState::call(std::string_view method, json::object params,
                              const std::vector<int>& fds) {
  auto& connection = this->connection();
  auto answer = connection.call(method, std::move(params), fds);
  if (answer) return *std::move(answer);
  if (connection.has_ended()) {
    throw ServiceDied("the bundle has ended: " + why_ended().value_or(answer.error().message()));
  }
  throw_refusal(answer.error());
}

std::optional<std::string> BundleState::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

std::optional<std::string> BundleState::why_ended() {
  if (auto reason = failure()) return reason;
  if (is_shut_down_) return "it has been shut down";
  const auto& connection = session().connection;
  if (connection != nullptr && !connection->has_ended()) return std::nullopt;
  // What hitch said last was taken before its end was: maybe since the first look.
  return failure().value_or("hitch is no longer there");
}

// What the test says.

const Moment* BundleState::current_moment() const {
  const Moment* moment = hitch::current_moment();
  return moment != nullptr && gates_ && moment->keeper == &*gates_ ? moment : nullptr;
}

void BundleState::add_to_log(std::string_view stream, std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);  // each line has one anyway
  if (session_.load() == nullptr || why_ended()) {
    (stream == "err" ? std::cerr : std::cout) << text << std::endl;
    return;
  }
  json::object where{{"service", "Test"}, {"stream", stream}};
  if (const Moment* moment = current_moment()) {
    where["service"] = moment->service;
    where["phase"] = moment->phase;
  }
  for (const auto& piece : pieces_to_send(text)) {
    where["text"] = piece;
    (void)call("logs.append", where);
  }
}

void BundleState::set_interactive(bool is_interactive) {
  const std::lock_guard lock(life_);
  if (!is_ours() || is_shut_down_ || session_.load() == nullptr) return;
  if (is_interactive) {
    if (follower_) follower_->stop();
    return;
  }
  if (!follower_) follower_.emplace(value_or_throw(hitch_program()), run_id_);
  follower_->start(LogFollower::From::kNow);
}

}  // namespace hitch::client
