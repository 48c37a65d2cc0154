#pragma once

#include <signal.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

#include "runtime/async/task.h"

namespace hitch {

/// In place of a signal's number: the process that the bundle belongs to has gone.
inline constexpr int kOwnerGone = 0;

/// A signal that asked hitch to stop.
struct StopSignal {
  int number = 0;
  /// It came from the terminal, which has sent it to its whole foreground process group.
  bool from_terminal = false;
};

/// Takes SIGINT, SIGTERM, SIGHUP and SIGPIPE of this process into the loop. They are blocked from
/// then on, in threads started later too, but for those that were ignored already; SIGXFSZ is
/// ignored. signalfd(2)
class StopSignals {
 public:
  explicit StopSignals(const asio::any_io_executor& executor) : source_(executor) {}
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  Status open();
  /// Calls `on_signal` for each one until the task is stopped.
  Task<Done> run(std::function<void(StopSignal)> on_signal);

 private:
  asio::posix::stream_descriptor source_;
  sigset_t before_{};
  bool blocked_ = false;
};

}  // namespace hitch
