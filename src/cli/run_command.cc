#include <memory>

#include "cli/commands.h"
#include "cli/run_options.h"
#include "cli/run_session.h"

namespace hitch {

void add_run_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<RunOptions>();  // lives as long as the callback
  CLI::App* run = app.add_subcommand(
      "run", "Start the bundle, wait until it is ready, run CMD inside, tear everything down");
  add_run_options(*run, *options);
  run->add_flag("-q,--quiet", options->quiet, "Print nothing but CMD's output and failures")
      ->envname("HITCH_QUIET");
  run->add_option("--on-fail", options->on_fail,
                  "When the bundle fails: stop it, or open a shell in it as it is")
      ->check(CLI::IsMember({"stop", "shell"}))
      ->envname("HITCH_ON_FAIL")
      ->type_name("WHAT");
  run->footer("After \"--\" comes CMD: hitch run -- pytest -x");
  run->callback([options, &context] { context.exit_code = run_here(*options, context); });
}

}  // namespace hitch
