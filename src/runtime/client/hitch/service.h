#pragma once

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/client/hitch/json.h"
#include "runtime/client/hitch/logs.h"
#include "runtime/client/hitch/subcommand.h"

namespace hitch::introspect {
class Process;
}

namespace hitch::client {

class BundleState;
class Service;
class ServiceBundle;

/// What a service is. Texts mean what they say: "$HOME" reaches the program as it is.
struct ServiceOptions {
  /// The program and its arguments. No shell. Not needed with a recipe, and for a service that a
  /// bundle file has, to which the rest is added.
  std::vector<std::string> command{};
  /// Gets each line that the program prints until it returns true: then the service is ready.
  LinePredicate log_line_ready_checker{};
  /// Where it runs; that of the bundle if it is left out.
  std::filesystem::path directory{};
  /// It sees the machine's clock and not the bundle's.
  bool no_libfaketime = false;
  /// Its environment, on top of a clean one.
  std::map<std::string, std::string> env_vars{};
  /// Names of services that have to be ready before it starts.
  std::vector<std::string> needs{};
  /// "INT", "SIGQUIT", "3". Default: SIGTERM, or as the recipe says.
  std::string stop_signal{};
  /// When it is ready, as in a bundle file: {{"listen", 5432}}, or "text that it prints". With a
  /// checker, both have to hold; with neither, it is ready when it runs.
  Json ready{};
  /// Run in the test's process before the program starts, and when it is ready. The same as
  /// Service::setup() and Service::poststart(), for who needs no class.
  std::function<void(Service&)> setup{};
  std::function<void(Service&)> poststart{};
  /// Names of variables that it gets from this process, "PREFIX_*" too.
  std::vector<std::string> pass_environment{};
  /// Ports of it that the test can reach, "80" or "8080:80": see Service::address().
  std::vector<std::string> publish{};
  /// Of its own, within that of the bundle.
  std::optional<std::chrono::milliseconds> startup_timeout{};
  /// A recipe of hitch, and its parameters (an object); the rest is laid over what it says.
  /// docs/recipes.md
  std::string recipe{};
  Json parameters{};
  /// Any other keys of a service in a bundle file, as they stand there: an object.
  /// docs/bundle-file.md
  Json options{};
};

/// Where a published port is.
struct Address {
  std::string host{};  ///< of the machine's loopback: "127.0.0.1", or "::1" without brackets
  std::uint16_t port = 0;
};

/// A program of a bundle. Belongs to the bundle that it was added to.
///
/// A class derived from it says with setup() and poststart() what the test's own process does at
/// these moments. They run on a thread of their own, since services that do not need each other
/// start side by side; both count against the bundle's startup_timeout. What they throw,
/// ServiceBundle::startup() throws. They may shut the bundle down, but must not destroy it.
///
///     class Database : public hitch::client::Service {
///      public:
///       Database() : Service({.command = {"my-db"}, .ready = {{"listen", 5432}}}) {}
///       void poststart() override { subcommand("my-db-load", "schema.sql").run(); }
///     };
///     auto& db = services.add<Database>("Db");
class Service {
 public:
  explicit Service(ServiceOptions options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service();

  /// Called before the program starts, when all that it needs is ready.
  virtual void setup();
  /// Called when the program is ready, before what needs it starts.
  virtual void poststart();

  const std::string& name() const noexcept { return name_; }
  const ServiceOptions& options() const noexcept { return options_; }
  /// Where it runs. Of a service of a bundle file: what is said in code, not what stands there.
  std::filesystem::path directory() const;

  /// Of its program, outside of the bundle; 0 if it does not run, or the bundle does not.
  pid_t pid() const;
  /// Its program, for all that can be told of one: <hitch/introspect/process.h>.
  /// Error if it does not run; ServiceDied if the bundle has ended.
  introspect::Process process() const;

  /// What it has printed; also after the end. Must not outlive the bundle.
  ServiceLogs logs() const;
  /// A line of the test's own into the log: from setup() and poststart() into the service's.
  void log(std::string_view line) const;
  /// The same, as an error.
  void warn(std::string_view line) const;

  /// A command beside the service. If the first word is one of the service's sub-commands, that is
  /// put in its place.
  template <typename... Words>
  requires(std::constructible_from<std::string, Words>&&...) Subcommand subcommand(Words&&... words)
  const { return subcommand(std::vector<std::string>{std::string(std::forward<Words>(words))...}); }
  Subcommand subcommand(std::vector<std::string> words) const;

  /// Where a port is that it publishes. Error if there is none.
  Address address(std::uint16_t port) const;

  // These throw ServiceDied if the bundle has ended, or ends meanwhile, and RequestFailed for what
  // cannot be done, such as to pause what does not run.

  /// Starts it again after it has ended; returns when it is ready. RequestFailed if it is not ready
  /// in its time, or dies. Nothing if it runs.
  void start();
  /// Stops it, by its stop signal and in its shutdown time, while the rest goes on; returns when it
  /// has ended.
  void stop();
  /// Both, one after the other: its setup() and poststart() run again.
  void restart();
  /// All of its processes stand still until unpause().
  void pause();
  void unpause();
  /// Sends a signal to its program. If that ends by it, the bundle goes on without it.
  void kill(int signal = SIGKILL);
  /// Waits until it has ended for good, and returns its exit code: 128 + n for signal n. Of one
  /// that was stopped, too. RequestFailed if it never ran.
  int wait();

 protected:
  /// The bundle it is in; Error if it is in none yet.
  ServiceBundle& bundle() const;

 private:
  friend class BundleState;
  void call(std::string_view method) const;
  BundleState& state() const;

  ServiceOptions options_;
  std::string name_;
  BundleState* state_ = nullptr;
};

}  // namespace hitch::client
