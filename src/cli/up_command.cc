#include <fcntl.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "cli/background.h"
#include "cli/commands.h"
#include "cli/run_options.h"
#include "cli/run_session.h"

namespace hitch {

namespace {

/// Not for anything that hitch starts: the other end would never see the end of this one.
bool take_owner(int fd, RunOptions& options, Context& context) {
  int domain = 0;
  socklen_t size = sizeof domain;
  const bool is_socket = ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
  if (!is_socket || domain != AF_UNIX || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    report_failure(context, Error::because("--owner-fd: descriptor " + std::to_string(fd) +
                                               " is no Unix socket",
                                           Kind::kUsage));
    return false;
  }
  options.owner = std::make_shared<UniqueFd>(fd);
  return true;
}

}  // namespace

void add_up_command(CLI::App& app, Context& context) {
  struct UpOptions {
    RunOptions run;
    bool detach = false;
    int owner = -1;
  };
  const auto options = std::make_shared<UpOptions>();  // lives as long as the callback
  CLI::App* up = app.add_subcommand("up", "Start the bundle and stay until it is taken down");
  add_run_options(*up, options->run);
  up->add_flag("-d,--detach", options->detach,
               "Leave it in the background: returns when it is ready, and prints its id");
  up->add_flag("-q,--quiet", options->run.quiet, "Print nothing but failures")
      ->envname("HITCH_QUIET");
  up->add_option("--owner-fd", options->owner,
                 "A connected Unix socket with this number: its other end is a client, with whose "
                 "process the bundle ends")
      ->check(CLI::Range(3, 1 << 20))
      ->type_name("FD");
  up->callback([options, &context] {
    if (context.has_command) {
      report_failure(context, Error::because("'up' takes no command", Kind::kUsage)
                                  .with_hint("hitch run -- CMD runs one"));
      return;
    }
    if (options->owner >= 0 && options->detach) {
      report_failure(
          context, Error::because("'--detach' and '--owner-fd' exclude each other", Kind::kUsage));
      return;
    }
    if (options->owner >= 0 && !take_owner(options->owner, options->run, context)) return;
    context.exit_code = options->detach ? run_in_background(options->run, context)
                                        : run_here(options->run, context);
  });
}

}  // namespace hitch
