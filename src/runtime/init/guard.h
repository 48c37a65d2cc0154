#pragma once

#include <sys/types.h>

namespace hitch {

/// Where there is no PID namespace, whose first process takes all others with it when it ends, two
/// processes look after a bundle: init, and its parent, the guard, which does nothing but wait.
/// Both adopt orphans. Whichever of supervisor, guard and init dies first, one that is left ends
/// all the rest.

/// Forks init off the calling process, which becomes its guard.
/// @return in init alone, 0 or errno
int fork_from_guard() noexcept;

}  // namespace hitch
