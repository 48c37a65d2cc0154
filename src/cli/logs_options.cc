#include "cli/logs_options.h"

#include <algorithm>

#include "runtime/base/error.h"

namespace hitch {

LogFilter filter_of(const LogsOptions& options) {
  LogFilter filter;
  filter.services = options.services;
  if (options.setup) filter.phases.push_back(Phase::kSetup);
  if (options.poststart) filter.phases.push_back(Phase::kPoststart);
  if (options.teardown) filter.phases.push_back(Phase::kTeardown);
  if (filter.phases.empty() && (options.out || options.err)) filter.phases = {Phase::kRun};
  if (options.out != options.err) {
    filter.output = options.out ? OutputStream::kOut : OutputStream::kErr;
  }
  // Whoever names hitch among the services means its lines, which are of no phase of a service.
  const auto& names = filter.services;
  const bool wants_hitch = std::find(names.begin(), names.end(), kHitchService) != names.end();
  if (wants_hitch && !filter.phases.empty()) filter.phases.push_back(Phase::kHarness);
  return filter;
}

std::string what_is_read(const LogsOptions& options) {
  const auto& names = options.services;
  if (names.empty()) return "the log";
  std::string text = "the log of " + in_quotes(names.front());
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += (i + 1 == names.size() ? " and " : ", ") + in_quotes(names[i]);
  }
  return text;
}

}  // namespace hitch
