#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/line_printer.h"
#include "cli/line_wait.h"
#include "cli/logs_request.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

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
Error not_found(const LogsRequest& request, TailEnd end, std::uint64_t seen) {
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

int wait_for_line(const LogsRequest& request, LineMatch match, Context& context) {
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

int print_lines(const LogsRequest& request, Context& context) {
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
  logs.add_flag("--until-input-ends", options.until_input_ends,
                "With --follow: only until nobody can write to standard input, a pipe, any more")
      ->group("");  // for the libraries
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
