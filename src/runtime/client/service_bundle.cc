#include "runtime/client/hitch/service_bundle.h"

#include <iostream>

#include "runtime/base/utc_time.h"
#include "runtime/client/bundle_state.h"
#include "runtime/client/description.h"
#include "runtime/client/failure.h"

namespace hitch::client {

namespace {

using Microseconds = std::chrono::microseconds;

void print_message(const json::value& told) {
  std::cout << std::string_view(told.at("message").as_string()) << std::endl;
}

}  // namespace

ServiceBundle::ServiceBundle(BundleOptions options)
    : state_(std::make_unique<BundleState>(*this, std::move(options))) {}

ServiceBundle ServiceBundle::from_file(const std::filesystem::path& file, BundleOptions options) {
  options.bundle_files.insert(options.bundle_files.begin(), file);
  return ServiceBundle(std::move(options));
}

ServiceBundle::~ServiceBundle() {
  // In a forked child all of it is a copy of what threads were about to change.
  if (!state_->is_ours()) (void)state_.release();
}

void ServiceBundle::put(const std::string& name, std::unique_ptr<Service> service) {
  state_->put(name, std::move(service));
}

Service& ServiceBundle::add(const std::string& name, ServiceOptions options) {
  return add<Service>(name, std::move(options));
}

Service& ServiceBundle::operator[](std::string_view name) const {
  return state_->service(name);
}

std::vector<Service*> ServiceBundle::services() const {
  std::vector<Service*> all;
  for (const auto& service : state_->services()) all.push_back(service.get());
  return all;
}

Json ServiceBundle::describe() const {
  return hitch::describe(state_->options(), state_->services());
}

void ServiceBundle::startup() {
  state_->startup();
}

void ServiceBundle::shutdown() noexcept {
  state_->shutdown();
}

bool ServiceBundle::is_running() const {
  return state_->is_running();
}

pid_t ServiceBundle::supervisor_pid() const {
  return state_->is_running() ? state_->supervisor_pid() : 0;
}

ServiceBundle::TimePoint ServiceBundle::now() const {
  if (!state_->has_clock()) {
    return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  }
  json::value told;
  try {
    told = state_->call("time.now");
  } catch (const RequestFailed& failure) {
    if (failure.kind() != "usage") throw;
    return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());  // it has no clock
  }
  const auto time = value_or_throw(parse_date_time(told.at("now").as_string()));
  return TimePoint(time.whole + std::chrono::floor<Microseconds>(time.fraction));
}

void ServiceBundle::time_travel(const TravelSpan& span) {
  print_message(state_->call("time.travel", {{"days", span.days},
                                             {"hours", span.hours},
                                             {"minutes", span.minutes},
                                             {"seconds", span.seconds}}));
}

void ServiceBundle::check_travel(double seconds) {
  constexpr double kFirst = -62'135'596'800, kEnd = 253'402'300'800;  // of the years 1 to 9999
  if (seconds >= kFirst && seconds < kEnd) return;                    // and not if it is no number
  throw RequestFailed("the clock of a bundle shows times from the year 1 to 9999", "usage");
}

void ServiceBundle::travel_to(TimePoint time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  std::string text;
  append_utc(whole, time.time_since_epoch() - whole, text);
  print_message(state_->call("time.travel", {{"to", text}}));
}

Logs ServiceBundle::logs() const {
  LogView view;
  view.bundle_ = state_.get();
  return Logs(view);
}

void ServiceBundle::log(std::string_view line) const {
  state_->add_to_log("out", line);
}

void ServiceBundle::warn(std::string_view line) const {
  state_->add_to_log("err", line);
}

void ServiceBundle::start_interactive_mode() {
  state_->set_interactive(true);
}

void ServiceBundle::stop_interactive_mode() {
  state_->set_interactive(false);
}

}  // namespace hitch::client
