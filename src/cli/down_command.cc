#include <poll.h>

#include <cerrno>
#include <memory>

#include "cli/commands.h"
#include "cli/live_run.h"
#include "runtime/base/pidfd.h"
#include "runtime/data/leased_dir.h"

namespace hitch {

namespace {

/// Returns when nothing is left of it: the end of its supervisor comes last.
Status take_down(const Run& run) {
  HITCH_TRY(auto client, connect_to_run(run));
  auto supervisor = Pidfd::open(client.peer());
  const auto stopped = client.call("bundle.stop");
  // It may be gone before it could answer.
  if (!stopped && !client.is_closed()) return Error(stopped.error());
  if (!supervisor) return Done{};
  pollfd ended{supervisor->get(), POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  return Done{};
}

Status take_all_down() {
  HITCH_TRY(const auto where, Directories::of_caller());
  for (const auto& run : list_runs(where)) {
    if (!run.is_alive) continue;
    const auto down = take_down(run);
    if (!down && is_leased(run.runtime)) return Error(down.error()).within("take down " + run.id);
  }
  return Done{};
}

Status run_down(const Context& context, bool all) {
  if (all) return take_all_down();
  HITCH_TRY(const auto run, choose_live_run(context));
  return take_down(run);
}

}  // namespace

void add_down_command(CLI::App& app, Context& context) {
  const auto all = std::make_shared<bool>(false);  // lives as long as the callback
  CLI::App* down = app.add_subcommand("down", "Take a bundle down; returns when nothing is left");
  down->add_flag("-a,--all", *all, "All bundles of this user that are running");
  down->callback([all, &context] {
    if (const auto status = run_down(context, *all); !status) {
      report_failure(context, status.error());
    }
  });
}

}  // namespace hitch
