#include "cli/run_options.h"

#include <string>
#include <vector>

#include "runtime/isolation/level.h"

namespace hitch {

void add_run_options(CLI::App& command, RunOptions& options) {
  command.add_option("services", options.services,
                     "Services to start, with what they depend on; none means all");
  command
      .add_flag("--no-cache", options.no_cache, "Prepare data directories anew, and keep nothing")
      ->envname("HITCH_NO_CACHE");
  command
      .add_flag("--require-limits", options.require_limits,
                "Fail where the machine cannot enforce the limits of memory, cpus and pids that "
                "services have")
      ->envname("HITCH_REQUIRE_LIMITS");
  std::vector<std::string> levels;
  levels.reserve(kIsolationLevels.size());
  for (const auto level : kIsolationLevels) levels.emplace_back(name_of(level));
  command
      .add_option("--require-isolation", options.require_isolation,
                  "Fail where the machine gives less than this: full, shared-proc, real-root, "
                  "process")
      ->check(CLI::IsMember(levels))
      ->envname("HITCH_REQUIRE_ISOLATION")
      ->type_name("LEVEL");
}

}  // namespace hitch
