// reads: for each line of input prints one line: the wall clock in seconds, read in all the ways
// there are, and the monotonic clock.

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

long by_libc(clockid_t clock) {
  timespec now{};
  return clock_gettime(clock, &now) == 0 ? now.tv_sec : -errno;
}

long by_kernel(clockid_t clock) {
  timespec now{};
  return syscall(SYS_clock_gettime, clock, &now) == 0 ? now.tv_sec : -errno;
}

long by_gettimeofday(bool kernel) {
  timeval now{};
  const long rc = kernel ? syscall(SYS_gettimeofday, &now, nullptr) : gettimeofday(&now, nullptr);
  return rc == 0 ? now.tv_sec : -errno;
}

}  // namespace

int main() {
  char line[16];
  while (fgets(line, sizeof line, stdin) != nullptr) {
    long stored = 0, stored_by_kernel = 0;
    const long returned = time(&stored), returned_by_kernel = syscall(SYS_time, &stored_by_kernel);
    printf("%ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld\n", by_libc(CLOCK_REALTIME),
           by_libc(CLOCK_REALTIME_COARSE), by_libc(CLOCK_TAI), by_gettimeofday(false), returned,
           stored, by_kernel(CLOCK_REALTIME), by_kernel(CLOCK_REALTIME_COARSE),
           by_gettimeofday(true), returned_by_kernel, stored_by_kernel,
           by_libc(CLOCK_REALTIME_ALARM), by_kernel(CLOCK_REALTIME_ALARM),
           by_libc(CLOCK_MONOTONIC));
    fflush(stdout);
  }
}
