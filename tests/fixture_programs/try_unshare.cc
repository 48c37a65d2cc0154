// Tries to make each kind of namespace with unshare(2), each in a child.
#include <sched.h>
#include <sys/wait.h>

#include "fixture_programs/fixture.h"

namespace {

void try_one(const char* name, int flags) {
  const pid_t child = ::fork();
  if (child == 0) {
    fixture::report(name, ::unshare(flags));
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

}  // namespace

int main() {
  try_one("unshare_user", CLONE_NEWUSER);
  try_one("unshare_user_mount", CLONE_NEWUSER | CLONE_NEWNS);
  try_one("unshare_mount", CLONE_NEWNS);
  try_one("unshare_net", CLONE_NEWNET);
  try_one("unshare_pid", CLONE_NEWPID);
  return 0;
}
