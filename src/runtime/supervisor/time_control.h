#pragma once

#include "runtime/control/target.h"
#include "runtime/supervisor/bundle_time.h"
#include "runtime/supervisor/events.h"

namespace hitch {

/// What clients are told of the clock.
TimeInfo describe(const BundleTime& time);
/// The event `clock`.
void tell_of_clock(Events& events, const BundleTime& time);

/// Carries out what a client asks for. Pure. @param real  the machine's time
Status apply(const TimeChange& change, BundleClock& clock, ClockTime real);

/// The line about it: "Time traveling to 23 hours from now".
std::string text_of(const TimeChange& change, const TimeInfo& after);

}  // namespace hitch
