#include "runtime/client/log_wait.h"

#include "runtime/client/failure.h"
#include "runtime/logs/query.h"

namespace hitch::client {

LogWait watch_lines(BundleState& bundle, const LogFilter& filter, const LinePredicate& go_on,
                    const TailOptions& options) {
  std::optional<Deadline> deadline;
  if (options.timeout) deadline = Deadline::in(*options.timeout);
  auto& session = bundle.session();
  auto watch = session.watches->take();
  const auto start = value_or_throw(lines_back(session.log, filter, options.lines_back));
  LogReader reader(session.log, filter, start);
  const auto there = value_or_throw(session.log->end());  // is looked at, however short the time
  LogWait wait;
  for (;;) {
    const auto why_ended = bundle.why_ended();  // before the last look
    while (const auto line = value_or_throw(reader.next())) {
      ++wait.lines;
      if (!go_on(*line)) return wait;
      if (deadline && deadline->passed() && reader.offset() >= there) break;
    }
    wait.outcome = LogWaitOutcome::kTimeUp;
    if (deadline && deadline->passed()) return wait;
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
    wait.outcome = LogWaitOutcome::kStopped;
    const auto& connection = session.connection;
    watch.wait(connection ? connection->ended_fd() : -1, deadline);
  }
}

}  // namespace hitch::client
