#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/client/hitch/errors.h"
#include "runtime/client/hitch/json.h"
#include "runtime/client/hitch/logs.h"
#include "runtime/client/hitch/service.h"

namespace hitch::client {

class BundleState;

/// What a bundle is. What is left out is as in the bundle file, or, without one, as said here.
struct BundleOptions {
  /// Where services run that name no other directory, and what they can write to. Default: that of
  /// the first bundle file, or the present one.
  std::filesystem::path project_directory{};
  /// For all services together. Default: 15 s.
  std::optional<std::chrono::milliseconds> startup_timeout{};
  /// What takes longer to stop is killed. Default: 5 s.
  std::optional<std::chrono::milliseconds> shutdown_timeout{};
  /// Do not show what the services print.
  bool quiet = false;
  /// Default: that of the directory.
  std::string name{};
  /// "private": a network of its own, in which every port is free; "host". Default: private.
  std::string network{};
  /// "private", "overlay" or "host". Default: private. docs/isolation.md
  std::string filesystem{};
  /// {{"start", "2030-01-01"}, {"rate", 60}}: docs/time.md. Default: a clock that begins now.
  /// False: none, so that no time travel is possible.
  std::optional<Json> clock{};
  /// Names of variables that all services get from this process, "PREFIX_*" too.
  std::vector<std::string> pass_environment{};
  /// Bundle files; what is said in code is laid over them.
  std::vector<std::filesystem::path> bundle_files{};
  /// Any other keys of a bundle file: an object. docs/bundle-file.md
  Json options{};
};

/// How far to travel: the sum of these, which may be negative.
struct TravelSpan {
  double days = 0, hours = 0, minutes = 0, seconds = 0;
};

/// Services that start, travel in time and stop together.
///
/// A bundle belongs to the process that calls startup(), and ends with it, however that ends. A
/// child that is forked off may use it, and does not end it. Any number of threads may use it; what
/// changes what is in it (add(), startup(), shutdown()) is for one at a time.
///
///     ServiceBundle services({.project_directory = "."});
///     services.add("Redis", {.command = {"redis-server"}, .ready = {{"listen", 6379}}});
///     services.startup();
///     services.time_travel({.days = 1});
class ServiceBundle {
 public:
  /// A point in time, for the years 1 to 9999.
  using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

  explicit ServiceBundle(BundleOptions options = {});
  /// The bundle that a file describes.
  static ServiceBundle from_file(const std::filesystem::path& file, BundleOptions options = {});
  ServiceBundle(const ServiceBundle&) = delete;
  ServiceBundle& operator=(const ServiceBundle&) = delete;
  /// Shuts it down.
  ~ServiceBundle();

  /// Adds a service, before the start. BundleMisconfiguration for a name that there is already, or
  /// that cannot be one.
  Service& add(const std::string& name, ServiceOptions options);
  /// Adds one of a class of its own.
  template <typename Kind, typename... Arguments>
  Kind& add(const std::string& name, Arguments&&... arguments) {
    auto service = std::make_unique<Kind>(std::forward<Arguments>(arguments)...);
    Kind& added = *service;
    put(name, std::move(service));
    return added;
  }
  /// A service. Those of a bundle file are there once it has been started. UnknownService
  Service& operator[](std::string_view name) const;
  /// The same, of its own class. Error if it is of another one. Needs RTTI.
  template <typename Kind>
  Kind& get(std::string_view name) const {
    auto* service = dynamic_cast<Kind*>(&(*this)[name]);
    if (service == nullptr) throw Error("the service is of another class: " + std::string(name));
    return *service;
  }
  /// In the order in which they were added.
  std::vector<Service*> services() const;
  /// The bundle as hitch gets it: a bundle file.
  Json describe() const;

  /// Starts all services, and returns when they are ready.
  ///
  /// What setup(), poststart() or a ready checker has thrown; StartupTimeout, ServiceDied,
  /// BundleMisconfiguration, or Error. Nothing is left then.
  void startup();
  /// Stops all services, those first that others do not need, and returns when nothing is left.
  /// More than once is the same as once. In a forked child it does nothing. Waits for a setup(),
  /// poststart() or ready checker that still runs; one of these may call it, and waits for no
  /// other.
  void shutdown() noexcept;
  /// Whether it has been started, and neither been shut down nor failed. In a forked child, too.
  bool is_running() const;

  /// The time that the services see. Without a clock of its own, the machine's.
  TimePoint now() const;
  /// Moves the clock that the services see, and prints where it is now: "Time traveling to 23 hours
  /// from now". RequestFailed for a time that no clock shows, and if the bundle has no clock.
  void time_travel(const TravelSpan& span);
  /// To a point in time. RequestFailed for one before the year 1 or after 9999, and if the bundle
  /// has no clock.
  template <typename Duration>
  void time_travel_to(std::chrono::sys_time<Duration> time) {
    check_travel(std::chrono::duration<double>(time.time_since_epoch()).count());
    travel_to(std::chrono::floor<std::chrono::microseconds>(time));
  }

  /// The log of all services.
  Logs logs() const;
  /// A line of the test's own, as standard output of "Test".
  void log(std::string_view line) const;
  /// The same, as standard error.
  void warn(std::string_view line) const;

  /// Shows nothing more of what the services print: for somebody at a prompt.
  void start_interactive_mode();
  /// Shows what they print from now on, each line behind the name of its service.
  void stop_interactive_mode();

  /// Of the process that supervises it; 0 if it does not run.
  pid_t supervisor_pid() const;

 private:
  void put(const std::string& name, std::unique_ptr<Service> service);
  /// RequestFailed for what a TimePoint may not hold. @param seconds  since 1970
  static void check_travel(double seconds);
  void travel_to(TimePoint time);

  std::unique_ptr<BundleState> state_;
};

/// The bundles that this process has started and that still run.
std::vector<ServiceBundle*> running_bundles();

}  // namespace hitch::client
