#include "cli/logs_request.h"

#include <unistd.h>

#include <utility>

#include "runtime/base/text.h"
#include "runtime/base/utc_time.h"
#include "runtime/logs/query.h"

namespace hitch {

namespace {

/// The longest line that is looked at as a whole where that matters: as JSON, or for a text.
constexpr std::size_t kWholeLineBytes = std::size_t{64} << 20;

Status check(const LogsOptions& options) {
  const auto usage = [](const char* text) { return Error::because(text, Kind::kUsage); };
  const int waits =
      (options.until ? 1 : 0) + (options.until_regex ? 1 : 0) + (options.until_json ? 1 : 0);
  if (waits > 1) return usage("only one of --until, --until-regex and --until-json can be given");
  if (waits == 0 && options.timeout) return usage("--timeout is how long --until… waits");
  if (waits == 0 && options.lines_back) return usage("--lines-back is where --until… begins");
  if (waits > 0 && options.lines) {
    return usage("--lines has no meaning with --until…")
        .with_hint("--lines-back says where to look");
  }
  if (waits > 0 && options.json) return usage("--json has no meaning with --until…");
  if (options.json && options.timestamps) {
    return usage("--json prints what the services wrote, without times")
        .with_hint("--format json has them");
  }
  if (options.until && options.until->empty()) return usage("--until is empty: any line would do");
  return Done{};
}

Result<std::optional<Deadline>> deadline_of(const LogsOptions& options) {
  if (!options.timeout) return std::optional<Deadline>();
  const auto span = parse_duration(*options.timeout);
  if (!span) {
    return Error::because("--timeout: " + in_quotes(*options.timeout) + " is no duration",
                          Kind::kUsage)
        .with_hint("250ms, 1m30s, or a number of seconds");
  }
  return std::optional(Deadline::in(*span));
}

Result<std::optional<LogTimes::Nanoseconds>> since_of(const LogsOptions& options) {
  if (!options.since) return std::optional<LogTimes::Nanoseconds>();
  auto moment = parse_moment(*options.since, machine_times().wall);
  if (!moment) return std::move(moment).error().within("--since");
  return std::optional(*moment);
}

/// Where to begin to read. JSON lines are counted as they are printed.
Result<LogPosition> start_of(const LogsOptions& options, const LogSource& source,
                             const LogFilter& filter) {
  const auto back = options.is_wait() ? options.lines_back : options.lines;
  if (!back || (options.json && *back > 0)) return LogPosition{};
  return lines_back(source.file, filter, *back);
}

}  // namespace

Result<LogsRequest> understand(const LogsOptions& options, const Context& context) {
  HITCH_CHECK(check(options));
  HITCH_TRY(const auto deadline, deadline_of(options));  // first: finding the run counts
  HITCH_TRY(const auto since, since_of(options));
  HITCH_TRY(const auto chosen, choose_run(context));
  HITCH_TRY(auto source, open_log_of(chosen, options.services));
  LogsRequest request{options, std::move(source), {}, since};
  auto& cursor = request.tail.cursor;
  cursor.filter = filter_of(options);
  HITCH_TRY(cursor.start, start_of(options, request.source, cursor.filter));
  if (options.json || options.is_wait()) {
    cursor.line_cap_bytes = kWholeLineBytes;
    cursor.held_limit_bytes = 2 * kWholeLineBytes;
  }
  request.tail.follow = options.follow || options.is_wait();
  if (options.until_input_ends) request.tail.input = STDIN_FILENO;
  request.tail.deadline = deadline;
  request.tail.output = STDOUT_FILENO;
  return request;
}

}  // namespace hitch
