#include <unistd.h>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// A machine that gives less: a shell with hitch's command as "$@" in it.
struct Environment {
  std::string level;
  std::vector<std::string> prefix;
};

std::vector<Environment> environments(const Settings& settings) {
  const bool is_root = ::geteuid() == 0;
  std::vector<std::string> covered{"unshare"};
  if (!is_root) covered.insert(covered.end(), {"--user", "--map-root-user"});
  covered.insert(covered.end(), {"--mount", "sh", "-c",
                                 "mount --bind /dev/null /proc/version && exec \"$@\"", "sh"});
  std::vector<Environment> found{{"shared-proc", covered}};
  if (is_root) found.push_back({"real-root", {settings.fixture("without_users")}});
  found.push_back(
      {"process",
       {"unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-c",
        "echo 0 >/proc/sys/user/max_user_namespaces && "
        "exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"",
        "sh"}});
  return found;
}

constexpr int kStarts = 10;

/// Some starts one after the other, so that making the environment counts for little.
Command starts_in(const std::vector<std::string>& prefix, const Command& hitch) {
  Command command{.argv = prefix, .directory = hitch.directory};
  const std::string loop = "i=0; while [ $i -lt " + std::to_string(kStarts) +
                           " ]; do \"$@\" 2>/dev/null || exit; i=$((i + 1)); done";
  command.argv.insert(command.argv.end(), {"/bin/sh", "-c", loop, "sh"});
  command.argv.insert(command.argv.end(), hitch.argv.begin(), hitch.argv.end());
  return command;
}

}  // namespace

void measure_levels(const Settings& settings, Table& table) {
  const auto bundle = make_bundle(settings, "levels", "services: {}\n");
  const auto hitch = hitch_run(settings, bundle, {"-q", "--", "true"});
  const auto full = starts_in({"env"}, hitch);
  for (const auto& environment : environments(settings)) {
    const auto less = starts_in(environment.prefix, hitch);
    const auto samples =
        take_turns(settings.rounds(30), {[&] { return time_to_exit(less) / kStarts; },
                                         [&] { return time_to_exit(full) / kStarts; }});
    table.compare("empty bundle at isolation `" + environment.level + "`", Unit::kMilliseconds,
                  samples[0], "isolation `full`", samples[1]);
  }
  const Command doctor{.argv = {settings.hitch, "doctor"}, .directory = bundle};
  const auto samples = take_turns(settings.rounds(50), {[&] { return time_to_exit(doctor); }});
  constexpr double kMostMilliseconds = 60;
  table.state("`hitch doctor`, all that it tries", Unit::kMilliseconds, samples[0],
              Bar::at_most_value(kMostMilliseconds));
}

}  // namespace hitch::bench
