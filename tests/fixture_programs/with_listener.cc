// with_listener PROGRAM [ARG…]: runs a program whose system calls somebody may listen to already,
// as in some containers, so that nobody below can.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{1, allow};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 3;
  const long listener =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  // It is open as long as the program and what that starts are there, without closing it.
  if (listener < 0 || ::fcntl(static_cast<int>(listener), F_SETFD, 0) != 0) return 4;
  ::execv(argv[1], argv + 1);
  return 127;
}
