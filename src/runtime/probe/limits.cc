#include "runtime/probe/limits.h"

#include <unistd.h>

#include <array>

#include "runtime/cgroup/bundle_groups.h"

namespace hitch {

namespace {

struct Limit {
  Controller controller;
  const char* feature;
  const char* used_for;
};
constexpr std::array kLimits{Limit{Controller::kMemory, "memory-limit", "'limits.memory'"},
                             Limit{Controller::kCpu, "cpus-limit", "'limits.cpus'"},
                             Limit{Controller::kPids, "pids-limit", "'limits.pids'"}};

Finding finding_of(const char* feature, const char* used_for, const Status& status) {
  Finding finding;
  finding.feature = feature;
  finding.used_for = used_for;
  finding.works = static_cast<bool>(status);
  if (status) return finding;
  finding.why = status.error().message();
  finding.remedy = status.error().hint();
  return finding;
}

Status try_limit(const ServiceGroup& group, Controller controller) {
  constexpr std::uint64_t kMuch = std::uint64_t{1} << 30;
  switch (controller) {
    case Controller::kMemory:
      return group.limit_memory(kMuch);
    case Controller::kCpu:
      return group.limit_cpus(1);
    case Controller::kPids:
      return group.limit_pids(kMuch);
  }
  return Done{};
}

Status try_freezer(BundleGroups& groups) {
  HITCH_TRY(auto* const group, groups.make_freezable("probe"));
  return group->freeze(true);
}

}  // namespace

std::vector<Finding> probe_control_groups() {
  // Nothing is in it that could outlive this call by more than the groups themselves.
  BundleGroups groups("probe-" + std::to_string(::getpid()), "/dev/null");
  std::vector<Controller> wanted(kControllers.begin(), kControllers.end());
  const auto missing = groups.open(wanted);
  const auto group = groups.make("probe");
  std::vector<Finding> findings;
  for (const auto& limit : kLimits) {
    const auto found = missing.find(limit.controller);
    Status status = Done{};
    if (found != missing.end()) {
      status = found->second;
    } else {
      status = group ? try_limit(**group, limit.controller) : group.error();
    }
    findings.push_back(finding_of(limit.feature, limit.used_for, status));
  }
  findings.push_back(finding_of("freezer", "'hitch pause' without SIGSTOP", try_freezer(groups)));
  (void)groups.remove();  // nobody has been in them
  return findings;
}

}  // namespace hitch
