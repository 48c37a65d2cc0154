// Tries to make new namespaces with clone(2) and clone3(2).
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fixture_programs/fixture.h"

namespace {

long clone_with(unsigned long flags) {
  const long child = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) std::_Exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child;
}

}  // namespace

int main() {
  fixture::report("clone", clone_with(0));
  fixture::report("clone_newuser", clone_with(CLONE_NEWUSER));
  fixture::report("clone_newuser_newns", clone_with(CLONE_NEWUSER | CLONE_NEWNS));
  fixture::report("clone_newnet", clone_with(CLONE_NEWNET));
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) std::_Exit(0);
  fixture::report("clone3_newuser", child);
  return 0;
}
