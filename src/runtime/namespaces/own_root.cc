#include "runtime/namespaces/own_root.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/base/fd.h"

#ifndef MS_PRIVATE
#define MS_PRIVATE (1 << 18)  // <sys/mount.h> cannot be included beside <linux/mount.h>
#endif

namespace hitch {

namespace {

int make_private() noexcept {
  mount_attr attr{};
  attr.propagation = MS_PRIVATE;
  const long rc = ::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof attr);
  return rc == 0 ? 0 : errno;
}

/// Goes to the root of the mount namespace: from a working directory above the root, `..` leads all
/// the way up. chroot(2)
int leave_chroot() noexcept {
  if (::chdir("/") != 0 || ::chroot("proc") != 0) return errno;
  struct stat here {
  }, above{};
  do {
    if (::stat(".", &here) != 0 || ::chdir("..") != 0 || ::stat(".", &above) != 0) return errno;
  } while (here.st_dev != above.st_dev || here.st_ino != above.st_ino);
  return ::chroot(".") == 0 ? 0 : errno;
}

int enter(int directory) noexcept {
  return ::fchdir(directory) == 0 && ::chroot(".") == 0 ? 0 : errno;
}

/// Private means for the mount that the chroot lies in, too: it cannot be named from inside, and if
/// it were shared, what is mounted next would appear on the machine.
int mount_chroot() noexcept {
  const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return errno;
  if (const int err = leave_chroot(); err != 0) return err;
  if (const int err = make_private(); err != 0) return err;
  const UniqueFd tree(static_cast<int>(
      ::syscall(SYS_open_tree, root.get(), "",
                AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree.is_open()) return errno;
  constexpr unsigned kBothByDescriptor = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  if (::syscall(SYS_move_mount, tree.get(), "", root.get(), "", kBothByDescriptor) != 0) {
    return errno;
  }
  return enter(tree.get());
}

}  // namespace

int detach_mounts() noexcept {
  const int err = make_private();
  return err == EINVAL ? mount_chroot() : err;
}

}  // namespace hitch
