#pragma once

#include <span>

namespace hitch {

/// The version of Landlock that this kernel has; 0: none, or it is switched off. landlock(7)
int landlock_version() noexcept;

/// What is the least of it that keeps programs working: before, files could not be renamed from one
/// directory to another.
inline constexpr int kLeastLandlock = 2;

/// Lets this process, and all that it starts, change files only below `directories`, and, where the
/// kernel knows that (version 6), signal and reach by abstract sockets only each other. Takes
/// no_new_privs, and no other right. Allocates nothing.
/// @return 0 or errno; EOPNOTSUPP also for a version that is too old
int confine_changes(std::span<const char* const> directories) noexcept;

}  // namespace hitch
