#pragma once

#include "runtime/control/params.h"
#include "runtime/control/target.h"

namespace hitch {

/// What the parameters of time.travel ask for: "to", "reset", or "days", "hours", "minutes" and
/// "seconds" together.
Result<TimeChange> travel_of(const Params& params);

/// As clients get it.
json::object time_object(const TimeInfo& info);

}  // namespace hitch
