#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace hitch {

/// What marks a process that keeps the machine's clock in a bundle that has its own: WHOLE_SECONDS,
/// a bit of its execution domain that has had no effect since Linux 1.2. It goes on to children and
/// over an exec, and next to no program touches it. personality(2)
inline constexpr std::uint32_t kMachineClockPersona = 0x2000000;

/// Whether a task is marked so; no if it cannot be looked at.
bool keeps_machine_clock(pid_t task);

/// Those that are not.
std::vector<pid_t> without_machine_clock(std::vector<pid_t> processes);

}  // namespace hitch
