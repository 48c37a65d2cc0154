// Tries everything that changes the tree of mounts.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "fixture_programs/fixture.h"

int main() {
  fixture::require_other_namespace("mnt");
  const char* const here = "/tmp";
  fixture::report("mount_tmpfs", ::mount("none", here, "tmpfs", 0, nullptr));
  fixture::report("mount_bind", ::mount("/", here, nullptr, MS_BIND | MS_REC, nullptr));
  fixture::report("remount_rw", ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr));
  fixture::report("mount_proc", ::mount("proc", here, "proc", 0, nullptr));
  fixture::report("umount", ::umount2("/tmp", MNT_DETACH));
  fixture::report("pivot_root", ::syscall(SYS_pivot_root, here, here));
  fixture::report("chroot", ::chroot(here));
  fixture::report("open_tree", ::syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */));
  fixture::report("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  fixture::report("mount_setattr",
                  ::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attributes, sizeof attributes));
  return 0;
}
