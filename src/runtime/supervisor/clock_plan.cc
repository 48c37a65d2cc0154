#include "runtime/supervisor/clock_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/exit_code.h"
#include "runtime/base/installed.h"
#include "runtime/base/utc_time.h"
#include "runtime/clock/clock_page.h"
#include "runtime/data/run_dir.h"

namespace hitch {

namespace {

Result<BundleClock> clock_at_start(const ClockSpec& spec) {
  BundleClock::Start start;
  if (!spec.start.empty()) {
    HITCH_TRY(const auto instant, parse_date_time(spec.start));
    start.at_instant = true;
    start.instant = {instant.whole.count(), instant.fraction.count()};
  }
  start.frozen = spec.frozen;
  HITCH_TRY(start.rate, fixed_rate(spec.rate));
  return BundleClock::start(start, real_now());
}

Status use_library(ClockPlan& plan) {
  HITCH_TRY(plan.library, find_libfaketime());
  HITCH_CHECK(can_show(plan.start));
  HITCH_CHECK(make_directories(plan.directory));
  // For a bundle that is another user than hitch. The directory around it is closed to others.
  if (::chmod(plan.directory.c_str(), 0755) == 0) return Done{};
  return Error::from_errno(errno, "open to the bundle", plan.directory);
}

}  // namespace

bool has_own_clock(const BundleSpec& bundle) {
  return bundle.clock.given && bundle.clock.backend != "off";
}

Result<ClockPlan> plan_clock(const BundleSpec& bundle, const std::string& runtime_directory) {
  ClockPlan plan;
  HITCH_TRY(plan.start, clock_at_start(bundle.clock));
  plan.exceptions = std::any_of(bundle.services.begin(), bundle.services.end(),
                                [](const auto& service) { return service.real_clock; });
  plan.may_fall_back = bundle.clock.backend == "auto";
  plan.program = installed_program("hitch-clock").native();
  plan.directory = runtime_directory + "/clock";
  if (bundle.clock.backend == "libfaketime") HITCH_CHECK(use_library(plan));
  return plan;
}

Result<ClockPlan> plan_without_vdso(ClockPlan plan, const Error& refusal) {
  plan.may_fall_back = false;
  plan.why_not_vdso = sentence_of(refusal);
  if (auto status = use_library(plan); !status) {
    return Error::because(plan.why_not_vdso + "; and without that: " + sentence_of(status.error()));
  }
  return plan;
}

}  // namespace hitch
