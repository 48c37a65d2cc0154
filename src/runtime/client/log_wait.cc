#include "runtime/client/log_wait.h"

#include <algorithm>
#include <limits>

#include "runtime/client/failure.h"
#include "runtime/logs/query.h"

namespace hitch::client {

namespace {

/// Where to start for the last `count` lines that are finished. Those that are not are in the log
/// too, and are none yet.
Result<LogPosition> finished_lines_back(const std::shared_ptr<LogFile>& file,
                                        const LogFilter& filter, std::size_t count) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max() / 2;
  const auto wanted = std::min<std::uint64_t>(count, kMost);
  if (wanted == 0) return lines_back(file, filter, 0);
  for (std::uint64_t unfinished = 0;;) {
    HITCH_TRY(const auto start, lines_back(file, filter, wanted + unfinished));
    LogReader reader(file, filter, start);
    for (std::uint64_t seen = 0; seen < wanted; ++seen) {
      HITCH_TRY(const auto line, reader.next());
      if (!line) break;
      if (seen + 1 == wanted) return start;
    }
    const auto found = reader.unfinished().size();
    if (found <= unfinished) return start;
    unfinished = found;
  }
}

}  // namespace

LogWait watch_lines(BundleState& bundle, const LogFilter& filter, const LinePredicate& go_on,
                    const TailOptions& options) {
  std::optional<Deadline> deadline;
  if (options.timeout) deadline = Deadline::in(std::max(*options.timeout, Milliseconds(0)));
  auto& session = bundle.session();
  auto watch = session.watches->take();
  const auto start = value_or_throw(finished_lines_back(session.log, filter, options.lines_back));
  LogReader reader(session.log, filter, start);
  LogWait wait;
  for (;;) {
    // Before the last look:
    const auto why_ended = bundle.why_ended();
    const bool time_was_up = deadline && deadline->passed();
    while (const auto line = value_or_throw(reader.next())) {
      // What was there in time is looked at, however late that is: with no time at all, too.
      if (deadline && line->monotonic > deadline->when()) {
        wait.outcome = LogWaitOutcome::kTimeUp;
        return wait;
      }
      ++wait.lines;
      if (!go_on(*line)) return wait;
    }
    if (why_ended) {
      wait.why_ended = *why_ended;
      wait.outcome = LogWaitOutcome::kBundleEnded;
      for (const auto& line : reader.unfinished()) {
        ++wait.lines;
        if (!go_on(line)) wait.outcome = LogWaitOutcome::kStopped;
        if (wait.outcome == LogWaitOutcome::kStopped) break;
      }
      return wait;
    }
    if (time_was_up) {
      wait.outcome = LogWaitOutcome::kTimeUp;
      return wait;
    }
    const auto& connection = session.connection;
    watch.wait(connection ? connection->ended_fd() : -1, deadline);
  }
}

}  // namespace hitch::client
