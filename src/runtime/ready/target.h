#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "runtime/async/task.h"
#include "runtime/base/fd.h"
#include "runtime/bundle/model.h"
#include "runtime/logs/listeners.h"
#include "runtime/logs/log_file.h"
#include "runtime/logs/record.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// What a readiness condition may ask about the service that it watches. The supervisor implements
/// it; it lives longer than the wait.
class ReadyTarget {
 public:
  virtual ~ReadyTarget() = default;

  virtual const std::string& service() const = 0;
  /// The log of the run, and where in it the present life of the service begins.
  virtual std::shared_ptr<LogFile> log() const = 0;
  virtual LogPosition log_start() const = 0;
  /// Calls `listener` after each append of the service's own to the log.
  virtual Subscription on_log(std::function<void()> listener) = 0;

  /// Pids as the host sees them: of the bundle's init, and of the service's main process; 0 if it
  /// has ended.
  virtual pid_t init_pid() const = 0;
  virtual pid_t main_pid() const = 0;
  /// A process that sees the bundle's files; 0: the service has others.
  virtual pid_t viewer_pid() const = 0;
  /// A non-blocking socket of the bundle's network. socket(2)
  virtual Task<UniqueFd> make_socket(int family, int type, int protocol) = 0;
  /// Runs a command in the service's environment and directory, its output thrown away, and waits
  /// for its end.
  virtual Task<ExitStatus> run_command(Command command) = 0;
  /// The socket of make_notify_socket() whose path the service has in NOTIFY_SOCKET; -1 if it has
  /// none. It is read as long as the wait lasts; what comes later is for the owner to read or, by
  /// closing the socket, to refuse: a full one makes the service block.
  virtual int notify_socket() const = 0;
};

}  // namespace hitch
