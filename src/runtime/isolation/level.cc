#include "runtime/isolation/level.h"

#include <algorithm>

#include "runtime/base/error.h"

namespace hitch {

std::string_view name_of(IsolationLevel level) noexcept {
  switch (level) {
    case IsolationLevel::kProcess:
      return "process";
    case IsolationLevel::kRealRoot:
      return "real-root";
    case IsolationLevel::kSharedProc:
      return "shared-proc";
    case IsolationLevel::kFull:
      return "full";
  }
  return "process";
}

std::optional<IsolationLevel> isolation_level_of(std::string_view name) noexcept {
  const auto found = std::find_if(kIsolationLevels.begin(), kIsolationLevels.end(),
                                  [&](IsolationLevel level) { return name_of(level) == name; });
  if (found == kIsolationLevels.end()) return std::nullopt;
  return *found;
}

std::string_view loss_at(IsolationLevel level) noexcept {
  switch (level) {
    case IsolationLevel::kProcess:
      return "files, network and processes are the machine's";
    case IsolationLevel::kRealRoot:
      return "services are an unprivileged user of this machine";
    case IsolationLevel::kSharedProc:
      return "the bundle sees the machine's /proc, read-only";
    case IsolationLevel::kFull:
      return "";
  }
  return "";
}

std::string isolation_notice(IsolationLevel level, std::string_view why) {
  return "isolation is " + in_quotes(name_of(level)) +
         ", not 'full': " + std::string(loss_at(level)) + ", because: " + std::string(why);
}

}  // namespace hitch
