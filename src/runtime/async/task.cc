#include "runtime/async/task.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cassert>
#include <cstdlib>
#include <exception>
#include <utility>

namespace hitch {

namespace {

Error stopped() {
  return Error::because("stopped", Kind::kInterrupted);
}

bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

Task<Done> Event::wait_until(Clock::time_point when) {
  asio::steady_timer timer(executor_, when);
  waiting_.push_back(&timer);
  (void)co_await timer.async_wait(kTuple);
  std::erase(waiting_, &timer);
  // Waking cancels the wait as stopping does; only the coroutine's own state tells them apart.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return stopped();
  co_return Done{};
}

void Event::wake_all() {
  for (auto* const timer : waiting_) timer->cancel();
}

TaskGroup::~TaskGroup() {
  // An exception passes through owners that can no longer await: it says more than this would.
  assert(running_.empty() || std::uncaught_exceptions() > 0);
}

void TaskGroup::spawn(Task<Done> task, OnDone on_done) {
  if (stopping_) return;
  const auto place = running_.emplace(running_.end());
  place->on_done = std::move(on_done);
  auto done = [this, place](std::exception_ptr failure) { finished(place, failure); };
  asio::co_spawn(executor_, carry(std::move(task), place),
                 asio::bind_cancellation_slot(place->cancel.slot(), std::move(done)));
}

asio::awaitable<void> TaskGroup::carry(Task<Done> task, Place place) {
  place->status = co_await std::move(task);
}

void TaskGroup::finished(Place place, std::exception_ptr failure) {
  if (failure && !is_cancellation(failure)) std::rethrow_exception(failure);  // to main
  // The signal must outlive the operation, which is still on the stack here.
  asio::post(executor_, [this, place] {
    const OnDone on_done = std::move(place->on_done);
    const auto status = std::move(place->status);
    running_.erase(place);
    if (running_.empty()) idle_.wake_all();
    if (!stopping_ && on_done && status) on_done(*status);
  });
}

asio::awaitable<void> TaskGroup::stop() {
  stopping_ = true;
  for (auto place = running_.begin(); place != running_.end();) {
    const auto next = std::next(place);  // a task may end, and leave the list, at once
    place->cancel.emit(asio::cancellation_type::all);
    place = next;
  }
  while (!running_.empty()) (void)co_await idle_.wait();
}

asio::awaitable<void> TaskGroup::stop_first() {
  const asio::enable_total_cancellation note;
  const asio::disable_cancellation pass_nothing_on;
  co_await asio::this_coro::reset_cancellation_state(note, pass_nothing_on);
  co_await stop();
  const auto state = co_await asio::this_coro::cancellation_state;
  // Nobody repeats the request: without this the caller would go on as if there had been none.
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_await asio::this_coro::reset_cancellation_state();  // as every coroutine begins
}

Task<Done> TaskGroup::drained() {
  while (!running_.empty()) HITCH_CO_CHECK(co_await idle_.wait());
  co_return Done{};
}

Task<Done> sleep_for(std::chrono::steady_clock::duration span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  const auto [ec] = co_await timer.async_wait(kTuple);
  if (ec) co_return stopped();
  co_return Done{};
}

}  // namespace hitch
