#include "runtime/data/runs.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/data/leased_dir.h"
#include "runtime/data/run_id.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  std::error_code ec;
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec)) {
    names.insert(it->path().filename().native());
  }
  return names;
}

/// When its record was made; of a run that has none yet, the end of time.
std::pair<std::int64_t, std::int64_t> age_of(const Run& run) {
  struct stat info {};
  if (::stat(run.state.c_str(), &info) != 0) return {INT64_MAX, 0};
  return {info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

Error no_such_run(const std::vector<Run>& runs, const std::string& name, bool must_live) {
  std::set<std::string, std::less<>> bundles;
  for (const auto& run : runs) {
    if (run.is_alive || !must_live) bundles.insert(run.bundle);
  }
  const std::vector<std::string_view> known(bundles.begin(), bundles.end());
  auto error = Error::because(
      "no bundle " + in_quotes(name) + (must_live ? " is running" : " has run"), Kind::kUsage);
  if (const auto nearest = nearest_spelling(name, known)) {
    return std::move(error).with_hint("did you mean " + in_quotes(*nearest) + "?");
  }
  return std::move(error).with_hint(must_live ? "hitch ls tells which ones are"
                                              : "hitch ls --all tells which ones have");
}

Error several_runs(const std::vector<const Run*>& runs, const std::string& name) {
  std::string ids;
  for (const Run* run : runs) ids += (ids.empty() ? "" : ", ") + run->id;
  return Error::because("several bundles " + in_quotes(name) + " are running: " + ids, Kind::kUsage)
      .with_hint("name one by its id: -p " + runs.front()->id);
}

}  // namespace

std::vector<Run> list_runs(const Directories& where) {
  std::set<std::string> ids = names_in(where.state);
  ids.merge(names_in(where.runtime));
  std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, Run>> found;
  for (const auto& id : ids) {
    if (!is_run_id(id)) continue;
    Run run{.id = id,
            .bundle = std::string(bundle_of_run(id)),
            .state = where.state / id,
            .runtime = where.runtime / id,
            .is_alive = is_leased(where.runtime / id)};
    const auto age = age_of(run);
    found.emplace_back(age, std::move(run));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Run> runs;
  runs.reserve(found.size());
  for (auto& [age, run] : found) runs.push_back(std::move(run));
  return runs;
}

Result<Run> find_run(const Directories& where, const std::string& name, bool must_live) {
  const auto runs = list_runs(where);
  std::vector<const Run*> alive;
  const Run* ended = nullptr;
  for (const auto& run : runs) {
    if (run.id == name && (run.is_alive || !must_live)) return run;
    if (run.bundle != name) continue;
    if (run.is_alive) alive.push_back(&run);
    if (!run.is_alive && ended == nullptr) ended = &run;
  }
  if (alive.size() > 1) return several_runs(alive, name);
  if (alive.size() == 1) return *alive.front();
  if (!must_live && ended != nullptr) return *ended;
  return no_such_run(runs, name, must_live);
}

}  // namespace hitch
