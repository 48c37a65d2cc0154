#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cli/line_writer.h"
#include "cli/log_view.h"
#include "cli/screen.h"
#include "runtime/logs/cursor.h"

namespace hitch {

/// What a Screen shares with its thread. The owner's functions are for the thread of the Screen;
/// run() is the other thread.
class ScreenPrinter {
 public:
  ScreenPrinter(LineWriter writer, UniqueFd wake_event, LogView view);

  void on_reader_gone(std::function<void()> hear) { on_reader_gone_ = std::move(hear); }
  void follow(std::shared_ptr<LogFile> file, LogFilter filter);
  /// @return whether all of it is out, or lost; else the thread has to go on with it
  bool say(std::string_view text);
  bool flush_until(std::uint64_t end, Deadline deadline);
  ScreenStatus status() const;
  /// Tells the thread that there is something to print. Costs a system call only if it sleeps.
  void wake();
  /// Tells the thread to end, and waits until it is about to.
  /// @return false if it hangs in a write that cannot be interrupted
  bool stop();
  /// Printing ends for good, by `err`.
  void give_up(int err);
  bool is_broken() const noexcept { return is_broken_; }

  void run();

 private:
  struct Message {
    std::uint64_t after = 0;  ///< offset in the log
    std::string text;
  };

  bool is_all_out() const;
  bool is_out_until(std::uint64_t end) const;
  bool say_now(std::string_view text);
  void print_what_there_is();
  bool take_line();
  void take_messages(std::uint64_t offset);
  bool take_message(std::uint64_t offset);
  bool put(std::string_view text);
  void put_batch();
  void note_progress(std::uint64_t offset);
  void write_fully(std::string_view text);
  bool wait_for_room();
  void give_up_locked(int err);
  void sleep();
  std::uint64_t log_end() const;

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  const LineWriter writer_;
  const UniqueFd wake_event_;  ///< eventfd(2)

  mutable std::mutex mutex_;
  std::condition_variable progress_;  ///< with mutex_
  // Guarded by mutex_.
  std::deque<Message> messages_;
  std::size_t message_bytes_ = 0;
  std::string rest_;  ///< of a line that say() could not write to its end; comes first
  ScreenStatus status_;
  bool has_finished_ = false;
  /// The thread sleeps, or does not exist: then view_ is guarded by mutex_; else it is the
  /// thread's.
  bool is_idle_ = true;

  std::function<void()> on_reader_gone_;
  std::shared_ptr<LogFile> file_;         ///< the log to print, or null
  std::optional<LogCursor> next_cursor_;  ///< for the thread to take

  LogView view_;

  // The thread's alone.
  std::optional<LogCursor> cursor_;
  std::string line_, batch_;

  std::atomic<std::uint64_t> next_message_at_ = kNever;
  std::atomic<bool> is_asleep_ = false;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_broken_ = false;
};

}  // namespace hitch
