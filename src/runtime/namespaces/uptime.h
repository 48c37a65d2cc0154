#pragma once

#include <cstdint>

namespace hitch {

/// Sets how long the machine has been up, as the children of this process will see it:
/// CLOCK_MONOTONIC and CLOCK_BOOTTIME go on from there. To be called after unshare(CLONE_NEWTIME),
/// before the first child, with CAP_SYS_TIME. Allocates nothing. time_namespaces(7)
/// @return 0 or errno: ERANGE for more than some 146 years
int set_uptime_of_children(std::uint64_t milliseconds) noexcept;

}  // namespace hitch
