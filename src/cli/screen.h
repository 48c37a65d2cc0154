#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "cli/log_view.h"
#include "runtime/base/deadline.h"
#include "runtime/base/result.h"
#include "runtime/logs/store.h"

namespace hitch {

class ScreenPrinter;

/// How printing went so far.
struct ScreenStatus {
  std::uint64_t printed_until = 0;     ///< offset in the log; all lines finished before it are out
  int write_error = 0;                 ///< errno that ended printing, such as EPIPE; 0: none
  std::optional<Error> log_error;      ///< why the log could not be read on; messages still come
  std::uint64_t dropped_messages = 0;  ///< said while too many others were waiting
};

/// Prints a log, and messages of hitch's own, to a descriptor that may be slow: a terminal that is
/// stopped, a pipe that nobody reads. The loop never waits for it. A thread with its own LogCursor
/// prints what the log has; it starts with the first thing there is to print. What is not out yet
/// is in the log's file, so memory stays small however far printing lags behind.
///
/// Each write(2) has whole lines, and at most 4096 bytes (PIPE_BUF) unless one line is longer:
/// other writers to the same pipe come between lines, not into them.
///
/// When the descriptor fails (EPIPE, EIO), or there can be no thread, printing ends, status() tells
/// and on_reader_gone() is heard if that is why.
/// All functions are for the thread of the store.
class Screen {
 public:
  /// @param fd  where to print; stays the caller's, is not changed, and may be closed at once
  static Result<std::unique_ptr<Screen>> open(int fd, LogView view);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  /// Ends printing: at once, so call flush_until() before.
  ~Screen();

  /// Prints what the log gets from now on. At most once; the store may end before the screen.
  void follow(LogStore& store, LogFilter filter = {});

  /// `hear` is called, on the printing thread, when nobody reads any more what is printed (EPIPE).
  /// Before follow().
  void on_reader_gone(std::function<void()> hear);

  /// Prints a message of hitch's own, after all lines that are in the log already. Does so at once,
  /// on this thread, if nothing else is waiting to be printed.
  void say(std::string_view text);

  /// Waits until all messages, and all finished lines that the log has before `end`, are out.
  /// @return whether they are; true also if printing has ended by an error
  bool flush_until(std::uint64_t end, Deadline deadline);

  ScreenStatus status() const;

 private:
  explicit Screen(std::shared_ptr<ScreenPrinter> printer);
  void wake();

  std::shared_ptr<ScreenPrinter> printer_;  ///< shared with the thread
  std::jthread thread_;                     ///< started by the first wake()
  Subscription subscription_;
};

}  // namespace hitch
