#include "runtime/probe/attempts.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/clock/clock_filter.h"
#include "runtime/namespaces/deny_list.h"
#include "runtime/namespaces/id_map.h"
#include "runtime/namespaces/landlock.h"
#include "runtime/namespaces/loopback.h"
#include "runtime/namespaces/own_root.h"
#include "runtime/namespaces/real_root.h"
#include "runtime/namespaces/uptime.h"

namespace hitch {

namespace {

constexpr int kNewTime = 0x80;  // CLONE_NEWTIME: old headers lack it
// Below a tmpfs that only the child sees.
constexpr const char* kScratch = "/tmp";

int outcome(long result) noexcept {
  return result < 0 ? errno : 0;
}

int enter_users() noexcept {
  const IdMapTexts ids = id_map_texts({.outside_uid = ::geteuid(), .outside_gid = ::getegid()});
  if (::unshare(CLONE_NEWUSER) != 0) return errno;
  return write_own_id_map(ids);
}

/// `more` namespaces that belong to a user namespace with one id; or, for root who gets none, to
/// the one that is there.
int enter(int more) noexcept {
  const int err = enter_users();
  if (err != 0 && !missing_rights_of_root().empty()) return err;
  return more == 0 ? 0 : outcome(::unshare(more));
}

int mount_scratch() noexcept {
  if (const int err = detach_mounts(); err != 0) return err;
  return outcome(::mount("none", kScratch, "tmpfs", MS_NOSUID | MS_NODEV, nullptr));
}

int enter_with_scratch(int more) noexcept {
  const int err = enter(CLONE_NEWNS | more);
  return err != 0 ? err : mount_scratch();
}

int mount_proc() noexcept {
  if (const int err = mount_scratch(); err != 0) return err;
  if (::mkdir("/tmp/proc", 0755) != 0) return errno;
  return outcome(::mount("none", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
}

int do_nothing() noexcept {
  return 0;
}

int forbid_privileges() noexcept {
  return outcome(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

}  // namespace

int try_user_namespace() noexcept {
  if (const int err = enter_users(); err != 0) return err;
  return ::unshare(CLONE_NEWNS) != 0 ? errno : mount_scratch();
}

int try_pid_namespace() noexcept {
  const int err = enter(CLONE_NEWPID);
  return err != 0 ? err : in_a_child(do_nothing);
}

int try_mount_api() noexcept {
  const int err = enter(CLONE_NEWNS);
  return err != 0 ? err : detach_mounts();
}

int try_fresh_proc() noexcept {
  const int err = enter(CLONE_NEWNS | CLONE_NEWPID);
  return err != 0 ? err : in_a_child(mount_proc);
}

int try_network() noexcept {
  const int err = enter(CLONE_NEWNET);
  return err != 0 ? err : bring_loopback_up();
}

int try_other_namespaces() noexcept {
  return enter(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
}

int try_time_namespace() noexcept {
  const int err = enter(kNewTime);
  return err != 0 ? err : set_uptime_of_children(0);
}

int try_overlay() noexcept {
  if (const int err = enter_with_scratch(0); err != 0) return err;
  for (const char* directory : {"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/all"}) {
    if (::mkdir(directory, 0755) != 0) return errno;
  }
  return outcome(::mount("none", "/tmp/all", "overlay", MS_NOSUID | MS_NODEV,
                         "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,userxattr"));
}

int try_filter() noexcept {
  const int err = forbid_privileges();
  return err != 0 ? err : load_deny_list();
}

int try_listener() noexcept {
  if (const int err = forbid_privileges(); err != 0) return err;
  const int listener = load_deny_list_behind(clock_rules());
  return listener < 0 ? -listener : 0;
}

int try_landlock() noexcept {
  return landlock_version() < kLeastLandlock ? EOPNOTSUPP : 0;
}

int try_pidfd() noexcept {
  return outcome(::syscall(SYS_pidfd_open, ::getpid(), 0));
}

int in_a_child(int (*attempt)() noexcept) noexcept {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(attempt());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

}  // namespace hitch
