#include "runtime/probe/machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/clock/libfaketime.h"
#include "runtime/network/outbound.h"
#include "runtime/probe/attempts.h"
#include "runtime/probe/limits.h"
#include "runtime/probe/remedy.h"
#include "runtime/process/environment.h"

namespace hitch {

namespace {

std::string no_remedy(int) {
  return "";
}

struct Feature {
  const char* name;
  const char* used_for;
  bool is_needed;
  bool is_of_namespaces;  ///< without it there are none for bundles
  int (*attempt)() noexcept;
  std::string (*remedy)(int err);
};
constexpr std::array kFeatures{
    Feature{"user-namespace", "isolation of who is not root", false, false, try_user_namespace,
            remedy_for_namespaces},
    Feature{"pid-namespace", "isolation", false, true, try_pid_namespace, remedy_for_namespaces},
    Feature{"mount-api", "isolation", false, true, try_mount_api, remedy_for_namespaces},
    Feature{"fresh-proc", "a /proc of the bundle's own", false, false, try_fresh_proc,
            remedy_for_proc},
    Feature{"network-namespace", "isolation, but with 'network: host'", false, true, try_network,
            remedy_for_namespaces},
    Feature{"ipc-uts-cgroup-namespaces", "isolation", false, true, try_other_namespaces,
            remedy_for_namespaces},
    Feature{"time-namespace", "isolation", false, true, try_time_namespace, remedy_for_namespaces},
    Feature{"landlock", "read-only files where there is no isolation", false, false, try_landlock,
            no_remedy},
    Feature{"pidfd", "every bundle", true, false, try_pidfd, no_remedy},
    Feature{"seccomp-filter", "every bundle", true, false, try_filter, no_remedy},
    Feature{"overlay", "home and prepared data without a copy, 'filesystem: overlay'", false, false,
            try_overlay, no_remedy},
    Feature{"seccomp-listener", "'clock' by the vDSO", false, false, try_listener, no_remedy}};

Finding look_for(const Feature& feature) {
  Finding finding;
  finding.feature = feature.name;
  finding.used_for = feature.used_for;
  finding.is_needed = feature.is_needed;
  finding.is_of_namespaces = feature.is_of_namespaces;
  const int err = in_a_child(feature.attempt);
  finding.works = err == 0;
  if (err == 0) return finding;
  finding.why = errno_text(err);
  finding.remedy = feature.remedy(err);
  return finding;
}

/// A program or library that has to be installed.
Finding look_for_part(const char* name, const char* used_for, const Status& status) {
  Finding finding;
  finding.feature = name;
  finding.used_for = used_for;
  finding.works = static_cast<bool>(status);
  if (status) return finding;
  finding.why = status.error().message();
  finding.remedy = status.error().hint();
  return finding;
}

}  // namespace

LevelFinding level_of(const std::vector<Finding>& findings) {
  LevelFinding result{.level = IsolationLevel::kFull, .why = "", .remedy = ""};
  const auto note = [&](const Finding& finding) {
    if (!result.why.empty()) return;
    result.why = finding.feature + ": " + finding.why;
    result.remedy = finding.remedy;
  };
  for (const auto& finding : findings) {
    if (finding.works) continue;
    if (finding.is_needed) {
      result.level.reset();
      note(finding);
    } else if (finding.is_of_namespaces) {
      if (result.level) result.level = IsolationLevel::kProcess;
      note(finding);
    } else if (finding.feature == "fresh-proc") {
      if (result.level) result.level = std::min(*result.level, IsolationLevel::kSharedProc);
      note(finding);
    } else if (finding.feature == "user-namespace") {
      if (result.level) result.level = std::min(*result.level, IsolationLevel::kRealRoot);
      note(finding);
    }
  }
  return result;
}

std::vector<Finding> probe_machine(std::string_view search_path) {
  std::vector<Finding> findings;
  findings.reserve(kFeatures.size());
  for (const auto& feature : kFeatures) findings.push_back(look_for(feature));
  for (auto& finding : probe_control_groups()) findings.push_back(std::move(finding));
  const auto library = find_libfaketime();
  findings.push_back(look_for_part("libfaketime", "'clock' where the vDSO is refused",
                                   library ? Status(Done{}) : Status(library.error())));
  findings.push_back(look_for_part("pasta", "'network: outbound'",
                                   check_pasta(program_candidates("pasta", search_path))));
  return findings;
}

}  // namespace hitch
