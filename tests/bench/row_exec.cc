#include <csignal>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// Whether a peer can be had: it is installed, and allowed to do what it does.
bool works(const Command& command) {
  try {
    return Running::start(command).wait() == 0;
  } catch (const BenchError&) {
    return false;
  }
}

}  // namespace

void measure_exec(const Settings& settings, Table& table) {
  const auto bundle = make_bundle(settings, "exec", services_that_print(settings, 1));
  auto hitch = Watched::start(hitch_run(settings, bundle));
  hitch.read_until("READY");
  const auto pid = static_cast<pid_t>(number_behind(list_services(settings, bundle), "\"pid\":"));
  const Command exec{.argv = {settings.hitch, "exec", "S1", "--", "true"}, .directory = bundle};
  const Command plain{.argv = {"true"}};
  // With the caller's ids, which are the service's: most bundles have no uid 0 to change to.
  const Command nsenter{.argv = {"nsenter", "--target", std::to_string(pid), "--all",
                                 "--preserve-credentials", "true"}};
  const auto side = [](const Command& command) {
    return [&command] { return time_to_exit(command); };
  };
  std::vector<Side> sides{side(exec), side(plain)};
  const bool has_nsenter = works(nsenter);
  if (has_nsenter) sides.push_back(side(nsenter));
  const auto samples = take_turns(settings.rounds(300), sides);
  const std::string what = "`hitch exec S1 -- true`, start to exit";
  const auto unit = Unit::kMilliseconds;
  table.compare(what, unit, samples[0], "fork and exec", samples[1]);
  if (has_nsenter) table.compare(what, unit, samples[0], "nsenter", samples[2]);
  hitch.process.signal(SIGTERM);
  hitch.process.expect(128 + SIGTERM);
}

}  // namespace hitch::bench
