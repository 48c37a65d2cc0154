#include "cli/run_choice.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "cli/bundle_option.h"

namespace hitch {

namespace {

/// The bundle file as far as it can be read: what it lacks on this machine is none of our business.
Result<LoadOutcome> look_at_file(const Context& context) {
  HITCH_TRY(auto request, load_request_of(context));
  request.project_name.reset();  // -p may be a run's id
  request.profiles = {"*"};      // with whichever the run was started
  return load_bundle(request);
}

std::vector<std::string> names_of(const LoadOutcome& file) {
  std::vector<std::string> names;
  if (!file.ok()) return names;
  for (const auto& service : file.spec->services) names.push_back(service.name);
  return names;
}

/// Whether this process has a number in /proc that is not its own: then that is the machine's,
/// which a bundle sees where a fresh one is refused. NSpid in proc(5)
bool is_proc_of_outside() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("NSpid:")) return std::count(line.begin(), line.end(), '\t') > 1;
  }
  return false;
}

/// In a bundle the directories that tell which runs live are hidden, and with several copies of a
/// bundle nothing says which one this is.
Status check_outside() {
  std::string name;
  std::ifstream("/proc/1/comm") >> name;
  if (name != "hitch-init" && !is_proc_of_outside()) return Done{};
  return Error::because("runs cannot be told apart from inside a bundle", Kind::kUsage)
      .with_hint("call it outside, beside 'hitch run'");
}

/// Where there is no file to say it.
Result<Run> only_one_alive(const Directories& where, const LoadOutcome& file) {
  std::vector<Run> alive;
  for (auto& run : list_runs(where)) {
    if (run.is_alive) alive.push_back(std::move(run));
  }
  if (alive.size() == 1) return std::move(alive.front());
  if (alive.empty()) {
    const auto why = file.diagnostics.items().front().render();
    return Error::because("which bundle? none is running, and " + why, Kind::kUsage)
        .with_hint("-p NAME names one that has ended");
  }
  std::string ids;
  for (const auto& run : alive) ids += (ids.empty() ? "" : ", ") + run.id;
  return Error::because("which bundle? several are running: " + ids, Kind::kUsage)
      .with_hint("name one: -p " + alive.front().id);
}

}  // namespace

Result<ChosenRun> choose_run(const Context& context) {
  HITCH_CHECK(check_outside());
  HITCH_TRY(const auto where, Directories::of_caller());
  HITCH_TRY(const auto file, look_at_file(context));
  auto found = context.project     ? find_run(where, *context.project, false)
               : file.name.empty() ? only_one_alive(where, file)
                                   : find_run(where, file.name, false);
  if (!found) return std::move(found).error();
  return ChosenRun{*std::move(found), names_of(file)};
}

}  // namespace hitch
