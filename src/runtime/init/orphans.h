#pragma once

namespace hitch {

/// Makes this process the one that gets the orphans among its descendants, whatever session or
/// group they are in. PR_SET_CHILD_SUBREAPER(2const)
/// @return 0 or errno
int adopt_orphans() noexcept;

/// Kills every descendant of a process that adopts orphans, and waits for their ends: of each that
/// is killed the children become its own. One in state D is waited for. Does nothing where /proc is
/// not that of its PID namespace.
void end_descendants() noexcept;

}  // namespace hitch
