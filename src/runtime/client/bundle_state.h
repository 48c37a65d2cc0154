#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/client/child_program.h"
#include "runtime/client/gate_keeper.h"
#include "runtime/client/hitch/service_bundle.h"
#include "runtime/client/log_follower.h"
#include "runtime/client/log_reader.h"
#include "runtime/client/log_watches.h"
#include "runtime/client/shared_connection.h"

namespace hitch::client {

/// What one process has of a bundle that runs. A forked child gets one of its own: no thread has
/// come along with it, and the socket is its parent's.
struct Session {
  pid_t process = 0;
  std::unique_ptr<SharedConnection> connection{};
  std::shared_ptr<LogFile> log{};
  std::unique_ptr<LogWatches> watches{};
};

/// All that a ServiceBundle is made of. What it throws is what the public classes throw.
class BundleState {
 public:
  BundleState(ServiceBundle& bundle, BundleOptions options);
  ~BundleState();
  BundleState(const BundleState&) = delete;
  BundleState& operator=(const BundleState&) = delete;

  ServiceBundle& bundle() const noexcept { return bundle_; }
  const BundleOptions& options() const noexcept { return options_; }

  void put(const std::string& name, std::unique_ptr<Service> service);
  Service& service(std::string_view name) const;
  const std::vector<std::unique_ptr<Service>>& services() const noexcept { return services_; }

  void startup();
  void shutdown() noexcept;
  /// Whether it has been started and has not ended, for whatever reason.
  bool is_running() noexcept;
  /// Whether this process is the one that started it, or may do so.
  bool is_ours() const noexcept;
  bool has_clock() const;
  pid_t supervisor_pid() const noexcept { return supervisor_ ? supervisor_->pid() : 0; }

  /// Calls a method of the bundle. docs/control.md
  json::value call(std::string_view method, json::object params = {},
                   const std::vector<int>& fds = {});
  /// The way to the bundle; ServiceDied if it has ended.
  SharedConnection& connection();
  /// What there is of the log, also after the end.
  Session& session();
  /// Why the bundle has ended; nothing: it has not.
  std::optional<std::string> why_ended();
  /// Whose setup() or poststart() of this bundle the present thread runs; null: none.
  const Moment* current_moment() const;
  /// A line of the test's own.
  void add_to_log(std::string_view stream, std::string_view text);
  void set_interactive(bool is_interactive);

 private:
  /// What hitch has said about the end.
  std::optional<std::string> failure() const;
  Result<json::value> ask(std::string_view method);
  void start_supervisor();
  Status wait_until_ready();
  void take_down();
  [[noreturn]] void give_up(const hitch::Error& error);
  void add_services_of_files(const json::value& info);
  void on_event(const json::object& event);
  bool serve(const Gate& gate);
  bool wait_for_readiness(Service& service, const Gate& gate);
  void open(const Gate& gate, const std::string& error);
  std::unique_ptr<Session> session_over(std::unique_ptr<SharedConnection> connection) const;
  std::unique_ptr<Session> session_of_child() const;

  ServiceBundle& bundle_;
  BundleOptions options_;
  std::vector<std::unique_ptr<Service>> services_;

  std::mutex life_;  ///< the start of the supervisor and shutdown() are for one thread at a time
  std::atomic<pid_t> owner_ = 0;
  std::optional<ChildProgram> supervisor_;
  UniqueFd said_;                     ///< what the supervisor tells people
  std::uint64_t first_question_ = 0;  ///< what the bundle is; asked before it was started
  std::string run_id_;
  std::filesystem::path state_directory_, socket_path_;
  std::optional<GateKeeper> gates_;
  std::optional<LogFollower> follower_;
  std::atomic<bool> is_shut_down_ = false;
  std::atomic<Session*> session_ = nullptr;

  mutable std::mutex failure_mutex_;
  std::optional<std::string> failure_;
};

}  // namespace hitch::client
