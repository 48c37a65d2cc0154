#include "runtime/init/guard.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "runtime/init/channel.h"
#include "runtime/init/orphans.h"

namespace hitch {

namespace {

/// Waits until init has ended, or until the supervisor asks for the end, or has died.
void wait_for_the_end(pid_t init) noexcept {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, SIGTERM);
  for (;;) {
    const int signal = ::sigwaitinfo(&awaited, nullptr);
    if (signal == SIGTERM) return;
    if (signal == SIGCHLD && ::waitpid(init, nullptr, WNOHANG) != 0) return;
  }
}

[[noreturn]] void stand_guard(pid_t init) noexcept {
  // The supervisor has to see that init has closed its end.
  (void)::close(kInitChannelFd);
  wait_for_the_end(init);
  end_descendants();  // init is the first of them
  ::_exit(0);
}

}  // namespace

int fork_from_guard() noexcept {
  // Not SIGKILL, as for an init in its own PID namespace: there is something to do yet.
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return errno;
  if (const int err = adopt_orphans(); err != 0) return err;
  const pid_t guard = ::getpid();
  const pid_t init = ::fork();
  if (init < 0) return errno;
  if (init > 0) stand_guard(init);
  if (const int err = adopt_orphans(); err != 0) return err;
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return errno;
  return ::getppid() == guard ? 0 : ESRCH;  // it died before the call above
}

}  // namespace hitch
