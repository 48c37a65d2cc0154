// A reader: for each line of input one line of output. t: seconds of the wall clock; m: of the
// monotonic one; c, g: the wall clock as a child, a grandchild sees it; s: sleeps for a second.
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void print(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  printf("%lld\n", (long long)now.tv_sec);
  fflush(stdout);
}

static void print_below(int generations) {
  if (generations == 0) {
    print(CLOCK_REALTIME);
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    print_below(generations - 1);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

int main(void) {
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const struct timespec second = {1, 0};
    switch (line[0]) {
      case 't':
        print(CLOCK_REALTIME);
        break;
      case 'm':
        print(CLOCK_MONOTONIC);
        break;
      case 'c':
        print_below(1);
        break;
      case 'g':
        print_below(2);
        break;
      default:
        nanosleep(&second, NULL);
        puts("0");
        fflush(stdout);
    }
  }
  return 0;
}
