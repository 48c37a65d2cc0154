#include <memory>

#include "cli/background.h"
#include "cli/commands.h"
#include "cli/run_session.h"

namespace hitch {

void add_up_command(CLI::App& app, Context& context) {
  struct UpOptions {
    RunOptions run;
    bool detach = false;
  };
  const auto options = std::make_shared<UpOptions>();  // lives as long as the callback
  CLI::App* up = app.add_subcommand("up", "Start the bundle and stay until it is taken down");
  up->add_option("services", options->run.services,
                 "Services to start, with what they depend on; none means all");
  up->add_flag("-d,--detach", options->detach,
               "Leave it in the background: returns when it is ready, and prints its id");
  up->add_flag("-q,--quiet", options->run.quiet, "Print nothing but failures")
      ->envname("HITCH_QUIET");
  up->add_flag("--no-cache", options->run.no_cache,
               "Prepare data directories anew, and keep nothing")
      ->envname("HITCH_NO_CACHE");
  up->callback([options, &context] {
    if (context.has_command) {
      report_failure(context, Error::because("'up' takes no command", Kind::kUsage)
                                  .with_hint("hitch run -- CMD runs one"));
      return;
    }
    context.exit_code = options->detach ? run_in_background(options->run, context)
                                        : run_here(options->run, context);
  });
}

}  // namespace hitch
