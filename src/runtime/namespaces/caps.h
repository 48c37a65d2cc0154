#pragma once

#include <cstdint>

namespace hitch {

/// Raises all that this process may have into its inheritable and ambient sets: a program whose uid
/// is not 0 keeps only those over an exec. capabilities(7) Async-signal-safe, and holds no lock:
/// who calls it may share its memory with a process that lives on. @return 0 or errno
int carry_capabilities_over_exec() noexcept;

/// Of each of these, `kept` are the bits of capabilities that stay.

/// Empties the bounding set. @return 0 or errno
int drop_bounding_set(std::uint64_t kept = 0) noexcept;

/// Leaves the calling process without any capability, but for the bounding set. What is kept stays
/// in the four other sets, so that every program has it, whatever its user is. @return 0 or errno
int drop_held_capabilities(std::uint64_t kept = 0) noexcept;

/// Leaves the calling process, and all it will ever start, without any capability: bounding,
/// ambient, inheritable, permitted and effective sets are empty.
/// @return 0 or errno
int drop_all_capabilities(std::uint64_t kept = 0) noexcept;

/// The same, but for the right to chroot(2), which stays at hand, though not in effect. Nothing
/// that is executed inherits it.
int drop_all_but_chroot(std::uint64_t kept = 0) noexcept;

/// Makes `directory` the root of the calling process, and its working directory, by the right that
/// drop_all_but_chroot() has left, which is gone then. Async-signal-safe. @return 0 or errno
int enter_root(int directory) noexcept;

}  // namespace hitch
