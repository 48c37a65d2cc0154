#include "runtime/init/guard.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "runtime/init/channel.h"
#include "runtime/init/orphans.h"
#include "runtime/process/child.h"

namespace hitch {

namespace {

/// For an init that does not react: somebody has stopped it.
constexpr timespec kPatience{2, 0};

bool has_ended(pid_t init) noexcept {
  return ::waitpid(init, nullptr, WNOHANG) != 0;
}

/// Waits until init has ended. If the supervisor asks for the end, or has died, init is told. It is
/// not killed then: both may have been meant to die, and it does what the guard cannot do any more.
void wait_for_the_end(pid_t init) noexcept {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, SIGTERM);
  int signal = 0;
  while (signal != SIGTERM) {
    signal = ::sigwaitinfo(&awaited, nullptr);
    if (signal == SIGCHLD && has_ended(init)) return;
  }
  (void)::kill(init, SIGTERM);
  ::sigdelset(&awaited, SIGTERM);
  while (!has_ended(init)) {
    if (::sigtimedwait(&awaited, nullptr, &kPatience) < 0 && errno == EAGAIN) return;
  }
}

[[noreturn]] void stand_guard(pid_t init) noexcept {
  // The supervisor has to see that init has closed its end.
  (void)::close(kInitChannelFd);
  wait_for_the_end(init);
  end_descendants();  // init is one of them if it has not ended
  ::_exit(0);
}

}  // namespace

int fork_from_guard() noexcept {
  // Not SIGKILL, as for an init in its own PID namespace: there is something to do yet.
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return errno;
  if (const int err = adopt_orphans(); err != 0) return err;
  const pid_t guard = ::getpid();
  const pid_t init = clone_process(0, nullptr);
  if (init < 0) return errno;
  if (init > 0) stand_guard(init);
  if (const int err = adopt_orphans(); err != 0) return err;
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return errno;
  return ::getppid() == guard ? 0 : ESRCH;  // it died before the call above
}

}  // namespace hitch
