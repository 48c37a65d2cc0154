#pragma once

#include <string>

#include "runtime/supervisor/init_link.h"
#include "runtime/supervisor/vdso_time.h"

namespace hitch {

/// Starts a program in the bundle on a clock that is known to be wrong, and looks at what it saw:
/// whether a kernel lets all the steps succeed of which the vDSO's change consists is known
/// afterwards only. Leaves that clock in force.
/// @param program  path of hitch-clock, on the host
/// @return an Error if it saw another time, or none
Task<Done> probe_clock(InitLink* link, VdsoTime* time, std::string program);

}  // namespace hitch
