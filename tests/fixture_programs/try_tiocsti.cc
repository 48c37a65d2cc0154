// Tries to type into the terminal on stdin, with the plain request and with bits above the 32 that
// the kernel looks at. CVE-2017-5226, CVE-2019-10063
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "fixture_programs/fixture.h"

int main() {
  constexpr unsigned long kHigh = 1UL << 32;
  char letter = 'x';
  fixture::report("tiocsti", ::syscall(SYS_ioctl, 0, TIOCSTI, &letter));
  fixture::report("tiocsti_high", ::syscall(SYS_ioctl, 0, TIOCSTI | kHigh, &letter));
  char subcode = 6;
  fixture::report("tioclinux", ::syscall(SYS_ioctl, 0, TIOCLINUX, &subcode));
  fixture::report("tioclinux_high", ::syscall(SYS_ioctl, 0, TIOCLINUX | kHigh, &subcode));
  return 0;
}
