#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/line_printer.h"
#include "cli/line_wait.h"
#include "cli/log_source.h"
#include "cli/logs_options.h"
#include "cli/utc_time.h"
#include "runtime/base/text.h"
#include "runtime/logs/query.h"

namespace hitch {

namespace {

/// The longest line that is looked at as a whole where that matters: as JSON, or for a text.
constexpr std::size_t kWholeLineBytes = std::size_t{64} << 20;

/// All that the command line says, understood, and the log that it is about.
struct Request {
  const LogsOptions& options;
  LogSource source;
  TailOptions tail;
  std::optional<LogTimes::Nanoseconds> since;
};

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

Result<Request> understand(const LogsOptions& options, const Context& context) {
  HITCH_CHECK(check(options));
  HITCH_TRY(const auto deadline, deadline_of(options));  // first: finding the run counts
  HITCH_TRY(const auto since, since_of(options));
  HITCH_TRY(const auto chosen, choose_run(context));
  HITCH_TRY(auto source, open_log_of(chosen, options.services));
  Request request{options, std::move(source), {}, since};
  auto& cursor = request.tail.cursor;
  cursor.filter = filter_of(options);
  HITCH_TRY(cursor.start, start_of(options, request.source, cursor.filter));
  if (options.json || options.is_wait()) {
    cursor.line_cap_bytes = kWholeLineBytes;
    cursor.held_limit_bytes = 2 * kWholeLineBytes;
  }
  request.tail.follow = options.follow || options.is_wait();
  request.tail.deadline = deadline;
  request.tail.output = STDOUT_FILENO;
  return request;
}

LineStyle style_of(const LogsOptions& options, const Context& context,
                   const std::vector<std::string>& services) {
  using Form = LineStyle::Form;
  const bool records = context.format == OutputFormat::kJson;
  const bool json = options.json || options.until_json;
  const auto form = options.json && records ? Form::kJsonRecord
                    : records               ? Form::kRecord
                    : json                  ? Form::kJson
                    : options.is_wait()     ? Form::kBare
                                            : Form::kTitled;
  const auto where = destination_of(STDOUT_FILENO);
  const auto colors = color_mode_for(context, STDOUT_FILENO);
  const auto times = options.timestamps ? TimeColumn::kUtc : TimeColumn::kNone;
  return {form, LogView(services, where, colors, times), where, colors, times};
}

/// A file is nobody's to write to meanwhile, and what does not follow has no need to hurry.
LogOutput::Pace pace_of(const LogsOptions& options) {
  struct stat info {};
  const bool is_file = ::fstat(STDOUT_FILENO, &info) == 0 && S_ISREG(info.st_mode);
  return options.follow && !is_file ? LogOutput::Pace::kLive : LogOutput::Pace::kBulk;
}

/// Ends as other programs that print do when nobody reads.
int end_without_reader() {
  (void)::raise(SIGPIPE);
  return 128 + SIGPIPE;  // the caller has made us ignore it
}

int fail(Context& context, const Error& error) {
  if (error.err() == EPIPE) return end_without_reader();
  report_failure(context, error);
  return context.exit_code;
}

std::string lines_seen(std::uint64_t count) {
  return count == 1 ? "1 line was seen" : std::to_string(count) + " lines were seen";
}

/// Why a line has not come.
Error not_found(const Request& request, TailEnd end, std::uint64_t seen) {
  const auto what = what_is_awaited(request.options) + " in " + what_is_read(request.options);
  const auto tail = "; " + lines_seen(seen);
  if (end == TailEnd::kTimeout) {
    const auto span = parse_duration(request.options.timeout.value_or(""));
    const auto within = format_duration(span.value_or(Milliseconds(0)));
    return Error::because("no " + what + " within " + within + tail, Kind::kTimeout);
  }
  const char* how = end == TailEnd::kRunKilled ? " was killed" : " has ended";
  return Error::because("the run " + in_quotes(request.source.run.id) + how + ", with no " + what +
                        tail);
}

int wait_for_line(const Request& request, LineMatch match, Context& context) {
  auto style = style_of(request.options, context, {});
  LogOutput output(STDOUT_FILENO, LogOutput::Pace::kBulk);
  const LineWait::Options options{.since = request.since,
                                  .first_sequence = request.tail.cursor.start.sequence,
                                  .prompts = request.options.until.has_value()};
  LineWait wait(std::move(match), style, output, options);
  const auto end = tail_log(request.source, request.tail, wait);
  if (!end) return fail(context, end.error());
  if (*end == TailEnd::kEnough) return 0;
  if (*end == TailEnd::kReaderGone) return end_without_reader();
  return fail(context, not_found(request, *end, wait.seen()));
}

int print_lines(const Request& request, Context& context) {
  const auto& options = request.options;
  auto style = style_of(options, context, request.source.known);
  LogOutput output(STDOUT_FILENO, pace_of(options));
  const auto last = options.json ? options.lines : std::nullopt;
  LinePrinter printer(style, output, {.since = request.since, .last = last});
  const auto end = tail_log(request.source, request.tail, printer);
  if (const auto status = printer.finish(); !status) return fail(context, status.error());
  if (!end) return fail(context, end.error());
  if (*end == TailEnd::kReaderGone) return end_without_reader();
  if (style.too_long() > 0) {
    *context.err << "hitch: " << style.too_long()
                 << " lines of more than 64 MiB were left out, whether they are JSON or not\n";
  }
  if (*end == TailEnd::kRunKilled) {
    *context.err << "hitch: the run " << in_quotes(request.source.run.id)
                 << " was killed: its log ends here\n";
  }
  return 0;
}

int run_logs(LogsOptions options, Context& context) {
  const auto& words = context.command;  // behind "--": names that may look like flags
  options.services.insert(options.services.end(), words.begin(), words.end());
  // A wrong pattern is told before anything is looked for.
  std::optional<LineMatch> match;
  if (options.is_wait()) {
    auto compiled = match_of(options);
    if (!compiled) return fail(context, compiled.error());
    match = *std::move(compiled);
  }
  const auto request = understand(options, context);
  if (!request) return fail(context, request.error());
  return match ? wait_for_line(*request, *std::move(match), context)
               : print_lines(*request, context);
}

void add_stream_flags(CLI::App& logs, LogsOptions& options) {
  logs.add_flag("--out", options.out, "Only standard output")->envname("HITCH_OUT");
  logs.add_flag("--err", options.err, "Only standard error")->envname("HITCH_ERR");
  logs.add_flag("--setup", options.setup, "Only output of setup commands")->envname("HITCH_SETUP");
  logs.add_flag("--poststart", options.poststart, "Only output of poststart commands")
      ->envname("HITCH_POSTSTART");
  logs.add_flag("--teardown", options.teardown, "Only output of teardown commands")
      ->envname("HITCH_TEARDOWN");
}

void add_print_flags(CLI::App& logs, LogsOptions& options) {
  logs.add_flag("-f,--follow", options.follow, "Go on with lines as they come, until the run ends")
      ->envname("HITCH_FOLLOW");
  logs.add_option("-n,--lines", options.lines, "Only the last N lines; default: all")
      ->envname("HITCH_LINES")
      ->type_name("N");
  logs.add_option("--since", options.since,
                  "Only lines since then: 10m, 2015-07-11T10:36:58Z, \"2015-07-11 10:36:58\"")
      ->envname("HITCH_SINCE")
      ->type_name("TIME");
  logs.add_flag("--timestamps", options.timestamps, "Put the time of each line in front, in UTC")
      ->envname("HITCH_TIMESTAMPS");
  logs.add_flag("--json", options.json, "Only lines that are JSON, compact and without titles")
      ->envname("HITCH_JSON");
}

void add_wait_flags(CLI::App& logs, LogsOptions& options) {
  logs.add_option("--until", options.until, "Wait for a line with TEXT, and print it")
      ->envname("HITCH_UNTIL")
      ->type_name("TEXT");
  logs.add_option("--until-regex", options.until_regex, "The same, for a regular expression (RE2)")
      ->envname("HITCH_UNTIL_REGEX")
      ->type_name("RE");
  logs.add_option("--until-json", options.until_json,
                  "The same, for a jq filter that has to hold for a line that is JSON")
      ->envname("HITCH_UNTIL_JSON")
      ->type_name("JQ");
  logs.add_option("--timeout", options.timeout, "How long to wait, such as 15s; default: for ever")
      ->envname("HITCH_TIMEOUT")
      ->type_name("TIME");
  logs.add_option("--lines-back", options.lines_back,
                  "Begin N lines before now; 0: only new ones; default: the beginning of the run")
      ->envname("HITCH_LINES_BACK")
      ->type_name("N");
}

}  // namespace

void add_logs_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<LogsOptions>();  // lives as long as the callback
  CLI::App* logs = app.add_subcommand(
      "logs", "Print the log of a bundle that runs or has ended, or wait for a line in it");
  logs->add_option("services", options->services, "Whose lines; none means all");
  add_print_flags(*logs, *options);
  add_stream_flags(*logs, *options);
  add_wait_flags(*logs, *options);
  logs->footer("-p NAME or -p RUN says which bundle; else the bundle file does.");
  logs->callback([options, &context] { context.exit_code = run_logs(*options, context); });
}

}  // namespace hitch
