#pragma once

#include <optional>
#include <string>

#include "runtime/bundle/model.h"
#include "runtime/clock/bundle_clock.h"
#include "runtime/clock/libfaketime.h"

namespace hitch {

/// The clock of a bundle as it is to be at the start, and how programs are to see it.
struct ClockPlan {
  BundleClock start;
  bool exceptions = false;             ///< some services keep the machine's clock
  bool may_fall_back = false;          ///< to the library, if the vDSO is refused
  std::string program;                 ///< path of hitch-clock
  std::optional<Libfaketime> library;  ///< instead of the vDSO
  std::string directory;               ///< of the library's clock file, on the host
  std::string why_not_vdso;            ///< what the machine said when that was tried
};

/// Whether the bundle sees another clock than the machine's.
bool has_own_clock(const BundleSpec& bundle);

/// What the bundle file says about the clock, from this moment on.
/// @param runtime_directory  of the run
/// @return an Error if a backend was asked for that is not there
Result<ClockPlan> plan_clock(const BundleSpec& bundle, const std::string& runtime_directory);

/// Another plan, for a machine that refuses the vDSO.
/// @param refusal  what it said
/// @return an Error if there is no library either
Result<ClockPlan> plan_without_vdso(ClockPlan plan, const Error& refusal);

}  // namespace hitch
