#include "runtime/ready/side_by_side.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>

namespace hitch {

namespace {

/// Counts what has ended.
struct Tally {
  Until until;
  std::size_t left;  ///< tasks that have not ended
  std::optional<Status> outcome;
  std::optional<Status> failure;  ///< the first

  void count(Status status) {
    --left;
    if (outcome) return;
    if (!status && !failure) failure = status;
    const Until decided_by = status.ok() ? Until::kOneSucceeds : Until::kAllSucceed;
    if (until == Until::kOneEnds || until == decided_by) {
      outcome = std::move(status);
    } else if (left == 0) {
      outcome = failure ? std::move(*failure) : std::move(status);
    }
  }
};

bool is_cancelled(const asio::cancellation_state& state) {
  return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace

Task<Done> run_side_by_side(std::vector<Task<Done>> tasks, Until until) {
  if (tasks.empty()) co_return Done{};
  const auto executor = co_await asio::this_coro::executor;
  Event changed(executor);
  Tally tally{.until = until, .left = tasks.size(), .outcome = {}, .failure = {}};
  TaskGroup group(executor);
  const auto count = [&](Status status) {
    tally.count(std::move(status));
    if (tally.outcome) changed.wake_all();
  };
  for (auto& task : tasks) group.spawn(std::move(task), count);
  bool stopped = false;
  while (!tally.outcome && !stopped) {
    const auto woken = co_await changed.wait();
    stopped = !woken;
  }
  // The group has to be awaited whatever happens, so from here on a request to stop is noted and
  // not passed on: it would end the wait for the group, and the group's owner with it.
  const asio::enable_total_cancellation note;
  const asio::disable_cancellation pass_nothing_on;
  co_await asio::this_coro::reset_cancellation_state(note, pass_nothing_on);
  co_await group.stop();
  const auto state = co_await asio::this_coro::cancellation_state;
  // Nobody repeats the request: without this the caller would go on as if there had been none.
  if (stopped || is_cancelled(state)) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_await asio::this_coro::reset_cancellation_state();  // as every coroutine begins
  co_return *std::move(tally.outcome);
}

Task<Done> run_for(Task<Done> task, std::chrono::steady_clock::duration limit) {
  std::vector<Task<Done>> tasks;
  tasks.push_back(std::move(task));
  tasks.push_back(sleep_for(limit));
  auto together = run_side_by_side(std::move(tasks), Until::kOneEnds);
  co_return co_await std::move(together);
}

}  // namespace hitch
