#pragma once

#include <chrono>
#include <optional>

#include "runtime/base/deadline.h"
#include "runtime/base/fd.h"
#include "runtime/data/leased_dir.h"
#include "runtime/data/runs.h"

namespace hitch {

/// Waits until there may be more in the log of a run that another process writes, or until that
/// process is no more. By inotify(7), which tells within microseconds; where the kernel grants
/// none, by looking again and again. What inotify does not tell, as on some network file systems,
/// is seen by a look now and then.
class LogWatch {
 public:
  /// @param output  borrowed: a pipe, socket or terminal whose reader may go; -1: none
  /// @param input   borrowed: a pipe whose end wakes; -1: none
  LogWatch(const Run& run, int output, int input);

  enum class Wake { kLook, kReaderGone };
  /// Sleeps until there is something to look at, or the deadline has passed.
  Wake wait(const std::optional<Deadline>& deadline);

  /// Says that a look has found something, so that more may follow soon.
  void saw_something() noexcept;

  /// Whether nobody has the other end of `input` any more.
  bool input_has_ended() const noexcept;

  /// What the run's lease tells, now.
  Lease lease() const { return lease_of(runtime_); }

 private:
  std::chrono::milliseconds next_look(const std::optional<Deadline>& deadline);
  void take_events();

  std::filesystem::path runtime_;
  UniqueFd events_;
  int of_runtime_ = -1;  ///< the watch of the run's directory
  int output_, input_;
  bool watches_log_ = false;
  std::chrono::milliseconds pause_;  ///< until the next look that nothing has caused
};

}  // namespace hitch
