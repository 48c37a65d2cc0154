#include "cli/live_run.h"

#include <cerrno>

#include "cli/run_choice.h"

namespace hitch {

Result<Run> choose_live_run(const Context& context) {
  HITCH_TRY(auto chosen, choose_run(context));
  if (chosen.run.is_alive) return std::move(chosen.run);
  return Error::because("no bundle " + in_quotes(chosen.run.bundle) + " is running", Kind::kUsage)
      .with_hint("hitch ls tells which ones are; hitch up -d starts one");
}

Result<ControlClient> connect_to_run(const Run& run) {
  auto client = ControlClient::connect((run.runtime / "control.sock").native());
  if (client) return client;
  const bool is_early = client.error().err() == ENOENT;
  return std::move(client).error().with_hint(
      is_early ? "it has no control socket yet, or could not make one: its log says why"
               : "is it being taken down?");
}

Result<ControlClient> connect_to_bundle(const Context& context) {
  HITCH_TRY(const auto run, choose_live_run(context));
  return connect_to_run(run);
}

}  // namespace hitch
