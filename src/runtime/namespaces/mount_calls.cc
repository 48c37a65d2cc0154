#include "runtime/namespaces/mount_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/namespaces/mounts.h"

namespace hitch {

namespace {

std::array<int, kMountSlots> g_slots{};  // descriptor + 1, so that zero means none
PlainUser g_owner{};
bool g_has_owner = false;

}  // namespace

void set_owner_of_mounts(PlainUser owner) noexcept {
  g_owner = owner;
  g_has_owner = true;
}

uid_t owner_of_mounts() noexcept {
  return g_has_owner ? g_owner.uid : ::geteuid();
}

int give_away_below(int directory, const char* name) noexcept {
  if (!g_has_owner) return 0;
  return ::fchownat(directory, name, g_owner.uid, g_owner.gid, AT_SYMLINK_NOFOLLOW) == 0 ? 0
                                                                                         : errno;
}

int give_away(const char* path) noexcept {
  return give_away_below(AT_FDCWD, path);
}

int make_directory(const char* path, mode_t mode) noexcept {
  if (::mkdir(path, mode) != 0) return errno == EEXIST ? 0 : errno;
  return give_away(path);
}

int open_tree(const char* path, unsigned flags) noexcept {
  return static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

int set_attributes(int fd, const char* path, std::uint64_t attributes) noexcept {
  mount_attr attr{};
  attr.attr_set = attributes;
  const unsigned flags = AT_RECURSIVE | (*path == '\0' ? unsigned{AT_EMPTY_PATH} : 0U);
  return ::syscall(SYS_mount_setattr, fd, path, flags, &attr, sizeof attr) == 0 ? 0 : errno;
}

int attach(int mount_fd, const char* target) noexcept {
  const long rc =
      ::syscall(SYS_move_mount, mount_fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
  return rc == 0 ? 0 : errno;
}

int attach_to(int mount_fd, int target_fd) noexcept {
  constexpr unsigned kBothByDescriptor = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  const long rc = ::syscall(SYS_move_mount, mount_fd, "", target_fd, "", kBothByDescriptor);
  return rc == 0 ? 0 : errno;
}

UniqueFd new_mount(const char* type, std::span<const Option> options,
                   std::uint64_t attributes) noexcept {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)));
  if (!context.is_open()) return {};
  for (const auto& option : options) {
    const auto command = option.value != nullptr ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    if (::syscall(SYS_fsconfig, context.get(), command, option.key, option.value, 0) != 0) {
      return {};
    }
  }
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return UniqueFd(
      static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes)));
}

int mount_new(const char* type, std::span<const Option> options, std::uint64_t attributes,
              const char* target) noexcept {
  const UniqueFd mounted = new_mount(type, options, attributes);
  return mounted.is_open() ? attach(mounted.get(), target) : errno;
}

int keep(std::uint32_t slot, const char* path) noexcept {
  if (slot >= g_slots.size()) return EMFILE;
  // Recursive, as a part of a tree that hides what its mounts cover may not be taken alone.
  const int fd = open_tree(path, AT_RECURSIVE);
  if (fd < 0) return errno;
  g_slots[slot] = fd + 1;
  return 0;
}

UniqueFd take_kept(std::uint32_t slot) noexcept {
  if (slot >= g_slots.size()) return {};
  const int fd = g_slots[slot] - 1;
  g_slots[slot] = 0;
  return UniqueFd(fd);
}

}  // namespace hitch
