#include "runtime/namespaces/plain_user.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/namespaces/caps.h"

namespace hitch {

int become(PlainUser user) noexcept {
  if (const int err = drop_bounding_set(); err != 0) return err;
  // glibc's wrappers tell all threads; here is one.
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return errno;
  }
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return errno;
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : errno;
}

}  // namespace hitch
