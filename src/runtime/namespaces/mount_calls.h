#pragma once

#include <linux/mount.h>
#include <sys/types.h>

#include <cstdint>
#include <span>

#include "runtime/base/fd.h"

// The mount API of Linux 5.2 and later: whatever is mounted gets its attributes before it is
// attached, so there is no moment in which it can be written to. glibc 2.36 declares these calls in
// a header that cannot be included beside <linux/mount.h>.

namespace hitch {

inline constexpr std::uint64_t kSafe = MOUNT_ATTR_NOSUID;
inline constexpr std::uint64_t kSafest = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/// A detached copy of the mount at `path`. @return as open_tree(2)
int open_tree(const char* path, unsigned flags) noexcept;
/// @param fd    of a mount if `path` is empty
/// @return 0 or errno of mount_setattr(2)
int set_attributes(int fd, const char* path, std::uint64_t attributes) noexcept;
/// @return 0 or errno of move_mount(2)
int attach(int mount_fd, const char* target) noexcept;
/// The same onto what a descriptor refers to.
int attach_to(int mount_fd, int target_fd) noexcept;

struct Option {
  const char* key;
  const char* value;  // null: a flag
};
/// A new file system of `type`, not attached yet. fsopen(2), fsmount(2)
/// @return none, and errno
UniqueFd new_mount(const char* type, std::span<const Option> options,
                   std::uint64_t attributes) noexcept;
/// The same, attached at `target`. @return 0 or errno
int mount_new(const char* type, std::span<const Option> options, std::uint64_t attributes,
              const char* target) noexcept;

/// Makes a directory in the scratch tmpfs, or takes the one that is there. @return 0 or errno
int make_directory(const char* path, mode_t mode) noexcept;
/// Gives what has just been made to the owner of mounts. @return 0 or errno
int give_away(const char* path) noexcept;
int give_away_below(int directory, const char* name) noexcept;
/// Who that is.
uid_t owner_of_mounts() noexcept;

/// Keeps `path` as it is now. @return 0 or errno
int keep(std::uint32_t slot, const char* path) noexcept;
/// What was kept, once.
UniqueFd take_kept(std::uint32_t slot) noexcept;

}  // namespace hitch
