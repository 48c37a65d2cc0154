#pragma once

#include <sys/types.h>

namespace hitch::testing {

/// Waits until the first thread of a process sleeps in the kernel, in a call of its own: neither
/// held by the clock's filter nor stopped.
void until_it_sleeps(pid_t process);

/// Waits until a process that was just woken has ended, or sleeps again.
/// @return whether it has ended
bool ends_or_sleeps(pid_t process);

/// Waits until one of the children of a process is held by the clock's filter.
void until_a_child_is_held(pid_t process);

}  // namespace hitch::testing
