#include <unistd.h>

#include <memory>

#include "cli/commands.h"
#include "cli/exec_session.h"
#include "cli/live_run.h"

namespace hitch {

namespace {

struct ExecOptions {
  std::string service;
  bool terminal = false;
};

Status run_in_bundle(Context& context, const ExecCall& call) {
  if (call.argv.empty()) {
    return Error::because("which command?", Kind::kUsage)
        .with_hint("hitch exec SERVICE -- COMMAND…: a name of its 'subcommands', or a program");
  }
  if (call.terminal && ::isatty(STDIN_FILENO) == 0) {
    return Error::because("standard input is no terminal", Kind::kUsage).with_hint("leave -t out");
  }
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY(context.exit_code, run_exec(client, call));
  return Done{};
}

void finish(Context& context, const Status& status) {
  if (!status) report_failure(context, status.error());
}

/// A service may have a root of its own, in which the caller's shell is not.
std::vector<std::string> shell_for(const std::string& service) {
  const std::string shell = shell_of_caller();
  if (service.empty() || shell == "/bin/sh") return {shell};
  return {"/bin/sh", "-c", R"(if [ -x "$0" ]; then exec "$0"; else exec /bin/sh; fi)", shell};
}

}  // namespace

void add_exec_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ExecOptions>();  // lives as long as the callback
  CLI::App* exec = app.add_subcommand(
      "exec", "Run a sub-command, or any program, in a service's environment and directory");
  exec->add_option("service", options->service, "A service of the bundle")->required();
  exec->add_flag("-t,--terminal", options->terminal, "Give it a terminal of its own");
  exec->footer(
      "After SERVICE or \"--\" comes the command: hitch exec Postgres -- psql -c 'select 1'");
  exec->callback([options, &context] {
    ExecCall call{.service = options->service, .terminal = options->terminal};
    call.argv = context.command;
    finish(context, run_in_bundle(context, call));
  });
}

void add_shell_command(CLI::App& app, Context& context) {
  const auto service = std::make_shared<std::string>();  // lives as long as the callback
  CLI::App* shell = app.add_subcommand("shell", "Open a shell inside a bundle that runs");
  shell->add_option("service", *service, "In the environment and directory of this service");
  shell->callback([service, &context] {
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    const ExecCall call{.service = *service, .argv = shell_for(*service), .terminal = terminal};
    finish(context, run_in_bundle(context, call));
  });
}

}  // namespace hitch
