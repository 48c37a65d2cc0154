#include "cli/screen_printer.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace hitch {

namespace {

constexpr std::size_t kBatchBytes = 4096;  // PIPE_BUF: one write is one piece for the reader
constexpr std::size_t kMessagesLimitBytes = std::size_t{64} << 10;
constexpr std::size_t kKeptCapacityBytes = std::size_t{64} << 10;
constexpr Milliseconds kStopGrace{500};

}  // namespace

ScreenPrinter::ScreenPrinter(LineWriter writer, UniqueFd wake_event, LogView view)
    : writer_(std::move(writer)), wake_event_(std::move(wake_event)), view_(std::move(view)) {}

void ScreenPrinter::follow(std::shared_ptr<LogFile> file, LogFilter filter) {
  const std::lock_guard lock(mutex_);
  const LogPosition start{*file->end(), 0};  // told by the store: cannot fail
  status_.printed_until = start.offset;
  next_cursor_.emplace(file, CursorOptions{.filter = std::move(filter), .start = start});
  file_ = std::move(file);
}

std::uint64_t ScreenPrinter::log_end() const {
  return file_ ? *file_->end() : 0;
}

bool ScreenPrinter::is_all_out() const {
  return is_out_until(log_end());
}

bool ScreenPrinter::is_out_until(std::uint64_t end) const {
  const bool log_is_out = !file_ || status_.log_error || status_.printed_until >= end;
  return log_is_out && rest_.empty() && messages_.empty();
}

bool ScreenPrinter::say(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (is_broken_) return true;
  if (is_idle_ && is_all_out() && !writer_.may_wait()) return say_now(text);
  if (message_bytes_ + text.size() > kMessagesLimitBytes) {
    ++status_.dropped_messages;
    return false;
  }
  messages_.push_back({log_end(), std::string(text)});
  message_bytes_ += text.size();
  next_message_at_ = messages_.front().after;
  return false;
}

bool ScreenPrinter::say_now(std::string_view text) {
  view_.add_message(text, rest_);
  const NoSignals no_signals;
  while (!rest_.empty()) {
    const auto outcome = writer_.write(rest_);
    rest_.erase(0, outcome.written);
    if (outcome.err == EAGAIN) return false;
    if (outcome.err == 0) continue;
    rest_.clear();
    give_up_locked(outcome.err);
  }
  return true;
}

void ScreenPrinter::give_up(int err) {
  const std::lock_guard lock(mutex_);
  give_up_locked(err);
  progress_.notify_all();
}

void ScreenPrinter::give_up_locked(int err) {
  if (is_broken_.exchange(true)) return;
  status_.write_error = err;
  if (err == EPIPE && on_reader_gone_) on_reader_gone_();
}

bool ScreenPrinter::flush_until(std::uint64_t end, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return progress_.wait_until(lock, deadline.when(),
                              [&] { return is_broken_ || is_out_until(end); });
}

ScreenStatus ScreenPrinter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ScreenPrinter::wake() {
  // Pairs with sleep(): either the thread sees what there is to print, or we see that it sleeps.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!is_asleep_.load() || !is_asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  (void)!::write(wake_event_.get(), &one, sizeof one);  // fails only if it is awake already
}

bool ScreenPrinter::stop() {
  is_stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(wake_event_.get(), &one, sizeof one);
  std::unique_lock lock(mutex_);
  const auto has_finished = [&] { return has_finished_; };
  if (!writer_.may_wait()) {
    progress_.wait(lock, has_finished);
    return true;
  }
  return progress_.wait_for(lock, kStopGrace, has_finished);
}

void ScreenPrinter::run() {
  while (!is_stopping_ && !is_broken_) {
    print_what_there_is();
    sleep();
  }
  const std::lock_guard lock(mutex_);
  has_finished_ = true;
  progress_.notify_all();
}

/// Waits until wake() or stop() is called, unless something has come in the meantime; or until the
/// last reader of a pipe has gone, for which poll(2) tells an error without being asked.
void ScreenPrinter::sleep() {
  {
    const std::lock_guard lock(mutex_);
    is_asleep_ = true;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!is_all_out() || is_stopping_ || is_broken_) {
      is_asleep_ = false;
      return;
    }
    is_idle_ = true;
  }
  std::array<pollfd, 2> events{pollfd{wake_event_.get(), POLLIN, 0}, pollfd{writer_.fd(), 0, 0}};
  while (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
  }
  if ((events[1].revents & POLLERR) != 0) give_up(EPIPE);
  std::uint64_t count = 0;
  (void)!::read(wake_event_.get(), &count, sizeof count);
  is_asleep_ = false;
  const std::lock_guard lock(mutex_);
  is_idle_ = false;
}

void ScreenPrinter::print_what_there_is() {
  {
    const std::lock_guard lock(mutex_);
    is_idle_ = false;
    if (next_cursor_) cursor_ = std::exchange(next_cursor_, std::nullopt);
    batch_ = rest_;  // of a line that is on screen in part
  }
  put_batch();
  while (!is_stopping_ && !is_broken_) {
    if (take_line()) continue;
    take_messages(cursor_ ? cursor_->offset() : kNever);
    break;
  }
  put_batch();
  if (cursor_) note_progress(cursor_->offset());
  if (batch_.capacity() > kKeptCapacityBytes) batch_ = std::string();
  if (line_.capacity() > kKeptCapacityBytes) line_ = std::string();
}

void ScreenPrinter::note_progress(std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (!is_stopping_ && !is_broken_) status_.printed_until = offset;
  progress_.notify_all();
}

/// Formats the next line of the log. @return false if there is none now
bool ScreenPrinter::take_line() {
  if (!cursor_) return false;
  const auto offset = cursor_->offset();
  const auto line = cursor_->next();
  if (!line) {
    const std::lock_guard lock(mutex_);
    status_.log_error = line.error();
    cursor_.reset();
    return true;  // messages have nothing to wait for any more
  }
  if (!*line) return false;
  take_messages(cursor_->record_offset());  // said before what has finished this line
  line_.clear();
  view_.add(**line, line_);
  if (put(line_)) note_progress(offset);
  return true;
}

/// Formats the messages that come before what the log has at `offset`.
void ScreenPrinter::take_messages(std::uint64_t offset) {
  while (offset >= next_message_at_ && take_message(offset)) {
  }
}

bool ScreenPrinter::take_message(std::uint64_t offset) {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (messages_.empty() || messages_.front().after > offset) return false;
    text = std::move(messages_.front().text);
    messages_.pop_front();
    message_bytes_ -= text.size();
    next_message_at_ = messages_.empty() ? kNever : messages_.front().after;
  }
  line_.clear();
  view_.add_message(text, line_);
  (void)put(line_);  // the messages' order is all that matters
  return true;
}

/// Adds to the batch. @return whether what was in it before has been written
bool ScreenPrinter::put(std::string_view text) {
  const bool is_full = batch_.size() + text.size() > kBatchBytes;
  if (is_full) put_batch();
  batch_ += text;
  return is_full;
}

void ScreenPrinter::put_batch() {
  write_fully(batch_);
  batch_.clear();
  const std::lock_guard lock(mutex_);
  rest_.clear();
}

void ScreenPrinter::write_fully(std::string_view text) {
  while (!text.empty() && !is_stopping_ && !is_broken_) {
    const auto outcome = writer_.write(text);
    text.remove_prefix(outcome.written);
    if (outcome.err == 0 || (outcome.err == EAGAIN && wait_for_room())) continue;
    if (outcome.err == EAGAIN) return;
    give_up(outcome.err);
  }
}

/// Waits until the descriptor takes something. @return false if the thread is to stop
bool ScreenPrinter::wait_for_room() {
  std::array<pollfd, 2> events{pollfd{writer_.fd(), POLLOUT, 0},
                               pollfd{wake_event_.get(), POLLIN, 0}};
  while (!is_stopping_ && !is_broken_) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    std::uint64_t count = 0;
    if (events[1].revents != 0) (void)!::read(wake_event_.get(), &count, sizeof count);
    if (events[0].revents != 0) return true;
  }
  return false;
}

}  // namespace hitch
