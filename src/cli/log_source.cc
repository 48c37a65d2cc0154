#include "cli/log_source.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/data/leased_dir.h"
#include "runtime/logs/record_reader.h"

namespace hitch {

namespace {

/// A run has a directory some microseconds before it has a log.
Result<std::shared_ptr<LogFile>> open_log(const Run& run) {
  for (;;) {
    const bool may_come = is_leased(run.runtime);  // asked before, so that the last look is after
    auto file = LogFile::open(run.state);
    if (file || file.error().err() != ENOENT) return file;
    if (!may_come) {
      return Error::because("there is no log of the run " + in_quotes(run.id), Kind::kUsage)
          .with_hint("it ended before it had one; the last 20 runs are kept");
    }
    (void)::poll(nullptr, 0, 1);
  }
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Adds whose output there is up to now. Stops at what is damaged: whoever reads on will see it.
void add_services_of(const std::shared_ptr<LogFile>& file, std::vector<std::string>& names) {
  constexpr std::size_t kHopBytes = 4096;  // payloads are skipped
  RecordReader reader(file, 0, kHopBytes);
  const auto end = file->end();
  std::uint32_t streams = 0;
  while (end && reader.offset() < *end) {
    const auto header = reader.next();
    if (!header || !*header) break;
    while (const auto* key = file->find_stream(StreamId{streams})) {
      if (!has(names, key->service)) names.push_back(key->service);
      ++streams;
    }
  }
}

Error unknown_service(const std::string& name, const LogSource& source) {
  auto error = Error::because(
      "there is no service " + in_quotes(name) + " in the log of " + in_quotes(source.run.id),
      Kind::kUsage);
  const std::vector<std::string_view> candidates(source.known.begin(), source.known.end());
  if (const auto nearest = nearest_spelling(name, candidates)) {
    return std::move(error).with_hint("did you mean " + in_quotes(*nearest) + "?");
  }
  if (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json")) {
    return std::move(error).with_hint(
        "behind 'logs', -f means --follow; a bundle file goes in "
        "front of it: hitch -f FILE logs");
  }
  return error;
}

}  // namespace

Result<LogSource> open_log_of(const ChosenRun& chosen, const std::vector<std::string>& services) {
  HITCH_TRY(auto file, open_log(chosen.run));
  LogSource source{chosen.run, std::move(file), chosen.services};
  const bool all_known = std::all_of(services.begin(), services.end(), [&](const auto& name) {
    return name == kHitchService || has(source.known, name);
  });
  // The headers of a large log take a moment: only where the bundle file does not tell.
  if (source.known.empty() || !all_known) add_services_of(source.file, source.known);
  for (const auto& name : services) {
    if (name != kHitchService && !has(source.known, name)) return unknown_service(name, source);
  }
  return source;
}

}  // namespace hitch
