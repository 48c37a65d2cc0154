#include "cli/run_session.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/bundle_option.h"
#include "cli/screen.h"
#include "cli/unsupported.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/installed.h"
#include "runtime/base/raw_write.h"
#include "runtime/base/result.h"
#include "runtime/host/host.h"
#include "runtime/logs/query.h"

namespace hitch {

namespace {

/// How long output that is still on its way may hold up the end of hitch.
constexpr Milliseconds kFlushPatience{60'000};
constexpr std::size_t kLastLines = 20;

std::vector<std::string> names_of(const BundleSpec& bundle) {
  std::vector<std::string> names;
  for (const auto& service : bundle.services) names.push_back(service.name);
  return names;
}

/// The last lines of the service that failed, once more and together: above they may be far apart.
void add_last_lines(const HostOutcome& outcome, LogView& view, std::string& out) {
  if (outcome.failed_service.empty() || !outcome.log) return;
  const LogFilter filter{.services = {outcome.failed_service}};
  const auto lines = last_lines(outcome.log, {.count = kLastLines, .filter = filter});
  if (!lines || lines->empty()) return;
  view.add_message("the last lines of '" + outcome.failed_service + "':", out);
  for (const auto& line : *lines) view.add(line, out);
}

/// Why the screen does not show all of the log, if it does not. A reader that has gone knows.
std::string shortfall_of(const ScreenStatus& status) {
  if (status.log_error) return sentence_of(*status.log_error);
  if (status.write_error == 0 || status.write_error == EPIPE) return {};
  return sentence_of(Error::from_errno(status.write_error, "print the log"));
}

Status check_command(const Context& context) {
  if (!context.has_command) return Done{};
  if (context.command.empty()) {
    return Error::because("nothing comes after \"--\"", Kind::kUsage)
        .with_hint("name the command to run, or leave \"--\" out");
  }
  if (context.command.front().empty()) {
    return Error::because("the command after \"--\" has an empty name", Kind::kUsage)
        .with_hint("look at the variable that it comes from");
  }
  return Done{};
}

}  // namespace

LogView view_for(const BundleSpec& bundle, int fd, const Context& context) {
  const bool json = context.format == OutputFormat::kJson;
  return LogView(names_of(bundle), json ? Destination::kJson : destination_of(fd),
                 color_mode_for(context, fd));
}

std::optional<BundleSpec> load_to_run(const RunOptions& options, Context& context,
                                      const std::string& scratch) {
  auto bundle = load_bundle_for(context, options.services, scratch);
  if (!bundle) return std::nullopt;
  if (const auto level = isolation_level_of(options.require_isolation)) {
    bundle->require_isolation = std::max(bundle->require_isolation, *level);
  }
  for (auto& service : bundle->services) service.limits.required |= options.require_limits;
  const auto keys = unsupported_features(*bundle);
  if (keys.empty()) return bundle;
  report_failure(
      context,
      Error::because("this version of hitch cannot do '" + keys.front() + "' yet", Kind::kUsage)
          .with_hint("leave it out of the bundle file"));
  return std::nullopt;
}

void tell_on_stderr(const std::string& text, LogView view) {
  std::string line;
  view.add_message(text, line);
  (void)write_fully(STDERR_FILENO, line);
}

std::string closing_words(const HostOutcome& outcome, LogView view) {
  std::string text;
  add_last_lines(outcome, view, text);
  view.add_message(outcome.reason, text);
  return text;
}

int run_here(const RunOptions& options, Context& context) {
  if (const auto status = check_command(context); !status) {
    report_failure(context, status.error());
    return context.exit_code;
  }
  const auto init_program = installed_program("hitch-init").native();
  auto early_init = std::move(context.early_init);
  if (!early_init) early_init = start_init_early(init_program);
  const auto bundle = load_to_run(options, context, scratch_without_namespaces(*early_init));
  if (!bundle) return context.exit_code;
  // CMD has stdout for itself; without it, the log is what there is to see.
  const int fd = context.has_command ? STDERR_FILENO : STDOUT_FILENO;
  auto screen = Screen::open(fd, view_for(*bundle, fd, context));
  if (!screen) {
    report_failure(context, screen.error());
    return context.exit_code;
  }
  std::string shortfall;
  const HostRequest request{
      .bundle = *bundle,
      .command = context.command,
      .init_program = init_program,
      .early_init = std::move(early_init),
      .use_cache = !options.no_cache,
      .owner = options.owner,
      .shell_on_failure = options.on_fail == "shell" ? Command{shell_of_caller()} : Command{},
      .on_step_down =
          [&](const std::string& notice) {
            if (options.quiet) tell_on_stderr(notice, view_for(*bundle, STDERR_FILENO, context));
          },
      // The last line is for the log alone: on the screen it is hitch's last word.
      .on_over =
          [&](const LogStore& log) {
            (void)(*screen)->flush_until(log.end(), Deadline::in(kFlushPatience));
            shortfall = shortfall_of((*screen)->status());
            screen->reset();
          }};
  // Without CMD this is a program that prints: it ends as others do when nobody reads it.
  if (!context.has_command) {
    (*screen)->on_reader_gone([] { (void)::kill(::getpid(), SIGPIPE); });
  }
  auto outcome = host_bundle(request, [&](LogStore& log) {
    if (!options.quiet) (*screen)->follow(log);
  });
  if (!shortfall.empty() && !context.has_command && outcome.exit_code == 0) {
    outcome.exit_code = exit_code_of(Kind::kEnvironment);  // the log was all that was asked for
    outcome.reason = shortfall;
  }
  if (options.quiet && outcome.exit_code == 0) return 0;
  // If nobody reads it any more, the code still tells.
  (void)write_fully(STDERR_FILENO,
                    closing_words(outcome, view_for(*bundle, STDERR_FILENO, context)));
  return outcome.exit_code;
}

}  // namespace hitch
