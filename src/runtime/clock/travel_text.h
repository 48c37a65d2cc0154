#pragma once

#include <string>

#include "runtime/clock/clock_layout.h"

namespace hitch {

/// Says where a travel leads, against the machine's time: "Time traveling to 23 hours from now",
/// "… 2 days ago", "… now". The largest unit that fits, rounded down. The words, and that a travel
/// by a day says 23 hours (the machine's time has gone on when it is said), are the predecessor's,
/// whose users compare this line.
std::string travel_text(ClockTime fake, ClockTime real);

}  // namespace hitch
