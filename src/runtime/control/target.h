#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/base/fd.h"
#include "runtime/control/json.h"

namespace hitch {

struct ServiceInfo {
  std::string name;
  std::string kind;   ///< "service", "task"
  std::string state;  ///< "pending", "starting", "ready", "paused", "stopping", "exited", "failed"
  std::string activity;  ///< while it starts: what it is doing
  pid_t pid = 0;         ///< as the host sees it; 0: it does not run
  pid_t pid_inside = 0;
  double uptime_seconds = 0;
  int restarts = 0;
  double cpu_seconds = 0;                   ///< these three only if they were asked for
  std::int64_t memory_bytes = 0;            ///< resident
  std::vector<int> ports;                   ///< of TCP, on which it listens
  std::vector<std::string> published;       ///< "127.0.0.1:8080->80"
  std::vector<std::string> missing_limits;  ///< keys of `limits` that this machine does not enforce
  std::uint64_t oom_kills = 0;              ///< processes that the kernel killed for want of memory
  std::optional<int> exit_code;             ///< of its last program; 128+n for a signal
  std::optional<json::object> gate;         ///< at which it waits: "number", "at", "log_offset"
};

struct BundleInfo {
  std::string id, name;
  std::string state;  ///< "preparing", "starting", "ready", "stopping"
  pid_t supervisor_pid = 0, init_pid = 0;
  double uptime_seconds = 0;
  std::string directory;         ///< of the bundle file
  std::string state_directory;   ///< where the log is
  std::string socket;            ///< path of this control socket
  std::string clock_backend;     ///< "vdso", "libfaketime"; empty: no clock of its own
  std::string clock_reason;      ///< why that backend
  std::string isolation_level;   ///< "full", "shared-proc", …
  std::string isolation_reason;  ///< what the machine refused; empty at the full level
  std::vector<ServiceInfo> services;
};

/// A sub-command, as a client asks for it.
struct ExecRequest {
  std::string service;  ///< empty: none, the bundle's own environment and directory
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  ///< on top of the service's
  std::string directory;                                         ///< empty: the service's
  bool terminal = false;  ///< on a new one; else `stdio` is used
  int rows = 0, columns = 0;
  std::string log_phase;  ///< as which its output goes into the log; empty: `stdio` is used
  std::vector<UniqueFd> stdio;
};

/// A sub-command that runs.
class ExecHandle {
 public:
  virtual ~ExecHandle() = default;
  virtual pid_t pid() const = 0;
  virtual pid_t pid_inside() const = 0;
  /// The other end of its terminal, once; nothing if it has none.
  virtual UniqueFd take_terminal() = 0;
  virtual void signal(int number) = 0;
  /// Waits for its end. @return its exit code; 128+n if it died by signal n
  virtual Task<int> wait() = 0;
};

/// Which lines of the log a client wants. What is empty does not restrict.
struct LogWish {
  std::vector<std::string> services;
  std::vector<std::string> phases;  ///< "setup", "run", "poststart", "teardown", "hitch"
  std::string stream;               ///< "out", "err"
  bool only_new = false;            ///< not those that are there already
};

/// What a client has to say in the log.
struct LogRemark {
  std::string service;  ///< one of the bundle's, or "Test"
  std::string phase = "run";
  std::string stream = "out";
  std::string text;  ///< a newline follows
};

/// Goes through a log that is still being written.
class LogFeed {
 public:
  virtual ~LogFeed() = default;
  /// The next line as a JSON object; nothing if there is none yet.
  virtual Result<std::optional<std::string>> next() = 0;
  /// After next() said "nothing", without an await in between: waits until there may be a line.
  virtual Task<Done> more() = 0;
};

/// A change of the bundle's wall clock.
struct TimeChange {
  enum class Kind { kTravelBy, kTravelTo, kReset, kFreeze, kResume, kRate };
  Kind kind = Kind::kTravelBy;
  std::int64_t seconds = 0;      ///< kTravelBy; may be negative
  std::int64_t nanoseconds = 0;  ///< 0 to 999'999'999, to be added
  std::string instant;           ///< kTravelTo: RFC 3339
  double rate = 1;               ///< kRate
};

struct TimeInfo {
  std::string now;      ///< of the bundle: RFC 3339, in UTC
  std::string message;  ///< what there is to say: "Time traveling to 23 hours from now"
  bool frozen = false;
  double rate = 1;
  std::string backend;  ///< how programs are made to see it: "vdso", "libfaketime"
};

/// What the control socket can do with a bundle. The supervisor implements it; all calls are made
/// on its loop.
class ControlTarget {
 public:
  using OnEvent = std::function<void(const json::object&)>;

  virtual ~ControlTarget() = default;

  /// @param with_usage  also what each service uses, for which /proc is read
  virtual BundleInfo info(bool with_usage) const = 0;
  /// @return an Error if the bundle ends or fails before it is ready
  virtual Task<Done> wait_ready() = 0;
  /// Begins to take the bundle down, as SIGTERM does.
  virtual void stop(std::string by) = 0;

  // Of one service. Unknown names are an Error of kind kUsage with the nearest spelling.
  virtual Task<Done> start_service(std::string name) = 0;
  virtual Task<Done> stop_service(std::string name) = 0;
  virtual Status signal_service(const std::string& name, int signal) = 0;
  virtual Status pause_service(const std::string& name) = 0;
  virtual Status resume_service(const std::string& name) = 0;
  /// Waits until its program has ended for good. @return its exit code
  virtual Task<int> wait_service(std::string name) = 0;
  virtual Task<std::shared_ptr<ExecHandle>> exec(ExecRequest request) = 0;

  /// Lets the service that waits at a gate go on, or fail if there is an `objection`.
  virtual Status open_gate(std::int64_t number, const std::optional<std::string>& objection) = 0;

  /// @return an Error of kind kUsage if the bundle has no clock of its own
  virtual Result<TimeInfo> time() const = 0;
  /// Changes the clock; every process of the bundle sees the new time when this returns.
  /// @return an Error of kind kUsage also for what no clock can show
  virtual Task<TimeInfo> change_time(TimeChange change) = 0;

  /// The log's file, for reading.
  virtual Result<UniqueFd> open_log() const = 0;
  /// @return an Error of kind kUsage if there is no such service, phase or stream
  virtual Result<std::shared_ptr<LogFeed>> follow_log(LogWish wish) const = 0;
  virtual Status add_to_log(const LogRemark& remark) = 0;
  /// Calls `hear` for each event from now on, until what is returned is destroyed.
  virtual std::shared_ptr<void> on_event(OnEvent hear) = 0;
};

}  // namespace hitch
