#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/result.h"

namespace hitch {

namespace asio = boost::asio;

/// What a coroutine of the loop returns.
template <typename T>
using Task = asio::awaitable<Result<T>>;

/// Makes an asynchronous operation return a tuple that starts with its error, and throw nothing.
inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// Something that coroutines of one loop wait for. Waking is not remembered: look at the condition,
/// then wait, without another await in between.
class Event {
 public:
  explicit Event(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Returns after the next wake_all(); an Error when the waiting task was stopped.
  Task<Done> wait() { return wait_until(Clock::time_point::max()); }
  /// The same, or when `when` has come: look at the clock to know which.
  Task<Done> wait_until(Clock::time_point when);
  void wake_all();

 private:
  asio::any_io_executor executor_;
  std::vector<asio::steady_timer*> waiting_;
};

/// Owns coroutines. Its owner awaits stop() before it is destroyed. An exception that leaves a task
/// is a defect and ends the program, other than the one by which Asio cancels.
class TaskGroup {
 public:
  using OnDone = std::function<void(Status)>;

  explicit TaskGroup(const asio::any_io_executor& executor)
      : executor_(executor), idle_(executor) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Runs `task` on the loop. `on_done` gets what it returns, unless the group is stopped first.
  void spawn(Task<Done> task, OnDone on_done = {});
  /// Cancels what runs and waits until all of it has ended. Nothing is spawned afterwards.
  asio::awaitable<void> stop();
  /// The same, for a group that lives in a task which may be stopped itself meanwhile: that is
  /// noted and passed on when this group has ended, as otherwise it would be left by its owner
  /// before.
  asio::awaitable<void> stop_first();
  /// Waits until all has ended by itself.
  Task<Done> drained();

 private:
  struct Running {
    asio::cancellation_signal cancel;
    OnDone on_done;
    std::optional<Status> status;  ///< what the task returned
  };
  using Place = std::list<Running>::iterator;
  static asio::awaitable<void> carry(Task<Done> task, Place place);
  void finished(Place place, std::exception_ptr failure);

  asio::any_io_executor executor_;
  Event idle_;
  std::list<Running> running_;
  bool stopping_ = false;
};

/// `co_await ignore_stop();` in a task that was stopped lets it await what it needs to clean up,
/// such as the stop() of a group of its own. It has to leave right after that.
inline auto ignore_stop() {
  return asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

/// Waits for a span of time. An Error when the waiting task was stopped.
Task<Done> sleep_for(std::chrono::steady_clock::duration span);

}  // namespace hitch
