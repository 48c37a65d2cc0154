// waits KIND MILLISECONDS: waits until so long after now, by the wall clock and in the way that
// KIND names. Prints "waiting", then "TEXT MS": what the wait returned and how long it took.

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <string_view>

namespace {

timespec now_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now;
}

timespec later(timespec from, long ms) {
  from.tv_sec += ms / 1000;
  from.tv_nsec += ms % 1000 * 1'000'000;
  if (from.tv_nsec >= 1'000'000'000) {
    from.tv_nsec -= 1'000'000'000;
    ++from.tv_sec;
  }
  return from;
}

int wait_cond(const timespec& until) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  int rc = 0;
  while (rc == 0) rc = pthread_cond_timedwait(&cond, &mutex, &until);
  return rc;
}

int wait_sem(const timespec& until) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  return sem_timedwait(&semaphore, &until) == 0 ? 0 : errno;
}

void* hold(void* mutex) {
  pthread_mutex_lock(static_cast<pthread_mutex_t*>(mutex));
  for (;;) pause();
}

int wait_mutex(const timespec& until, bool inherit) {
  static pthread_mutex_t mutex;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (inherit) pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&mutex, &attributes);
  pthread_t holder;
  pthread_create(&holder, nullptr, hold, &mutex);
  while (pthread_mutex_trylock(&mutex) == 0) pthread_mutex_unlock(&mutex);
  return pthread_mutex_timedlock(&mutex, &until);
}

/// A futex without a library around it, to see what happens to its structure and registers.
int wait_futex(const timespec& until) {
  int word = 0;
  const timespec copy = until;
  const long rc = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &until,
                          nullptr, FUTEX_BITSET_MATCH_ANY);
  const int err = rc == 0 ? 0 : errno;
  return memcmp(&copy, &until, sizeof copy) == 0 ? err : ENOTRECOVERABLE;
}

int wait_timerfd(const timespec& until) {
  const int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
  const itimerspec when{{}, until};
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  unsigned long ticks = 0;
  return read(fd, &ticks, sizeof ticks) == sizeof ticks && ticks == 1 ? 0 : EIO;
}

int wait_timer(const timespec& until) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer{};
  if (timer_create(CLOCK_REALTIME, &event, &timer) != 0) return errno;
  const itimerspec when{{}, until};
  if (timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  int signal = 0;
  return sigwait(&set, &signal);
}

void nothing(int) {}

/// As `sem` and `sleep`, with a signal after 100 ms that has a handler.
int interrupted(const timespec& until, bool sleep) {
  struct sigaction action {};
  action.sa_handler = nothing;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval soon{{}, {0, 100'000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  if (!sleep) return wait_sem(until);
  return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr);
}

int wait_as(std::string_view kind, const timespec& until) {
  if (kind == "sleep") return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr);
  if (kind == "tai") return clock_nanosleep(CLOCK_TAI, TIMER_ABSTIME, &until, nullptr);
  if (kind == "cond") return wait_cond(until);
  if (kind == "sem") return wait_sem(until);
  if (kind == "mutex") return wait_mutex(until, false);
  if (kind == "pi") return wait_mutex(until, true);
  if (kind == "futex") return wait_futex(until);
  if (kind == "timerfd") return wait_timerfd(until);
  if (kind == "timer") return wait_timer(until);
  if (kind == "sem-signal") return interrupted(until, false);
  if (kind == "sleep-signal") return interrupted(until, true);
  return EINVAL;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view kind = argv[1];
  // First: what comes between here and the wait makes it shorter.
  const timespec before = now_of(CLOCK_MONOTONIC);
  const timespec until = later(now_of(kind == "tai" ? CLOCK_TAI : CLOCK_REALTIME), atol(argv[2]));
  puts("waiting");
  fflush(stdout);
  const int rc = wait_as(kind, until);
  const timespec after = now_of(CLOCK_MONOTONIC);
  const long ms =
      (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
  printf("%s %ld\n", rc == 0 ? "OK" : strerrorname_np(rc), ms);
  fflush(stdout);
  _exit(0);
}
