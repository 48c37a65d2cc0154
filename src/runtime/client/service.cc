#include "runtime/client/hitch/service.h"

#include <charconv>

#include "introspect/process.h"
#include "runtime/client/bundle_state.h"
#include "runtime/client/description.h"

namespace hitch::client {

Service::Service(ServiceOptions options) : options_(std::move(options)) {}
Service::~Service() = default;

void Service::setup() {
  if (options_.setup) options_.setup(*this);
}

void Service::poststart() {
  if (options_.poststart) options_.poststart(*this);
}

BundleState& Service::state() const {
  if (state_ == nullptr) throw Error("this service is in no bundle yet");
  return *state_;
}

ServiceBundle& Service::bundle() const {
  return state().bundle();
}

std::filesystem::path Service::directory() const {
  const auto project = project_directory(state().options());
  return options_.directory.empty() ? project : (project / options_.directory).lexically_normal();
}

namespace {

/// What bundle.info has of it. docs/control.md
json::object info_of(BundleState& state, std::string_view name) {
  const auto info = state.call("bundle.info");
  for (const auto& service : info.at("services").as_array()) {
    if (service.at("name").as_string() == name) return service.as_object();
  }
  throw UnknownService("the bundle has no service '" + std::string(name) + "'");
}

pid_t pid_in(const json::object& info) {
  const auto* pid = info.if_contains("pid");
  return pid == nullptr ? 0 : pid->to_number<pid_t>();
}

/// "127.0.0.1:34567->80", if it is about that port.
std::optional<Address> address_in(std::string_view text, std::uint16_t port) {
  const auto arrow = text.find("->");
  const auto colon = text.rfind(':', arrow);
  if (arrow == std::string_view::npos || colon == std::string_view::npos) return std::nullopt;
  if (text.substr(arrow + 2) != std::to_string(port)) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Address address{std::string(host), 0};
  (void)std::from_chars(text.data() + colon + 1, text.data() + arrow, address.port);
  return address;
}

}  // namespace

pid_t Service::pid() const {
  if (!state().is_running()) return 0;
  try {
    return pid_in(info_of(state(), name_));
  } catch (const ServiceDied&) {
    return 0;
  }
}

introspect::Process Service::process() const {
  const pid_t pid = pid_in(info_of(state(), name_));
  if (pid == 0) throw Error("service '" + name_ + "' does not run");
  auto process = introspect::Process::open(pid);
  if (!process) throw Error("service '" + name_ + "': " + process.error().message());
  return *std::move(process);
}

Address Service::address(std::uint16_t port) const {
  const auto info = info_of(state(), name_);
  if (const auto* published = info.if_contains("published")) {
    for (const auto& text : published->as_array()) {
      if (auto address = address_in(text.as_string(), port)) return *std::move(address);
    }
  }
  throw Error("service '" + name_ + "' does not publish port " + std::to_string(port));
}

ServiceLogs Service::logs() const {
  LogView view;
  view.bundle_ = &state();
  view.service_ = name_;
  return ServiceLogs(view);
}

void Service::log(std::string_view line) const {
  state().add_to_log("out", line);
}

void Service::warn(std::string_view line) const {
  state().add_to_log("err", line);
}

Subcommand Service::subcommand(std::vector<std::string> words) const {
  return {&state(), name_, std::move(words)};
}

void Service::call(std::string_view method) const {
  (void)state().call(method, {{"service", name_}});
}

void Service::start() {
  call("service.start");
}

void Service::stop() {
  call("service.stop");
}

void Service::restart() {
  call("service.restart");
}

void Service::pause() {
  call("service.pause");
}

void Service::unpause() {
  call("service.unpause");
}

void Service::kill(int signal) {
  (void)state().call("service.kill", {{"service", name_}, {"signal", std::to_string(signal)}});
}

int Service::wait() {
  const auto ended = state().call("service.wait", {{"service", name_}});
  return ended.at("exit_code").to_number<int>();
}

}  // namespace hitch::client
