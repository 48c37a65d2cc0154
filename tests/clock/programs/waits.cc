// waits KIND MILLISECONDS [handle|restart]: waits until so long after now, by the wall clock and in
// the way that KIND names. Prints "waiting", then "TEXT MS LATE": what the wait returned, how long
// it took, and how many nanoseconds after its deadline it ended, by the wall clock. With a third
// word, SIGUSR2 has a handler that prints "handled", without or with SA_RESTART.

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

namespace {

constexpr long kFutexWait = 455;  // Linux 6.7

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

void say_handled(int) {
  (void)!write(STDOUT_FILENO, "handled\n", 8);
}

timer_t block_and_create_timer(sigset_t& set) {
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer{};
  timer_create(CLOCK_REALTIME, &event, &timer);
  return timer;
}

int wait_timer(const timespec& until) {
  sigset_t set;
  const timer_t timer = block_and_create_timer(set);
  const itimerspec when{{}, until};
  if (timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  int signal = 0;
  return sigwait(&set, &signal);
}

/// Twice: at the time, and an hour later.
int wait_interval(const timespec& until) {
  sigset_t set;
  const timer_t timer = block_and_create_timer(set);
  const itimerspec when{{3600, 0}, until};
  if (timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  int signal = 0;
  sigwait(&set, &signal);
  puts("first");
  fflush(stdout);
  return sigwait(&set, &signal);
}

/// Armed for a time, and then for a span.
int wait_span(const timespec& until) {
  sigset_t set;
  const timer_t timer = block_and_create_timer(set);
  const itimerspec when{{}, until}, in_two_hours{{}, {7200, 0}};
  timer_settime(timer, TIMER_ABSTIME, &when, nullptr);
  timer_settime(timer, 0, &in_two_hours, nullptr);
  int signal = 0;
  return sigwait(&set, &signal);
}

/// The one thread is in a wait of its own when the timer goes off.
int wait_timer_in_wait(const timespec& until) {
  sigset_t set;
  const timer_t timer = block_and_create_timer(set);
  struct sigaction action {};
  action.sa_handler = say_handled;
  sigaction(SIGUSR1, &action, nullptr);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  const itimerspec when{{}, until};
  if (timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  return wait_sem(later(until, 3'600'000));
}

/// While the one thread waits for events, without a limit, and minds being interrupted.
int wait_timer_in_epoll(const timespec& until) {
  sigset_t set;
  const timer_t timer = block_and_create_timer(set);
  const int fd = signalfd(-1, &set, SFD_CLOEXEC), events = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLIN, {}};
  epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
  const itimerspec when{{}, until};
  if (timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) return errno;
  return epoll_wait(events, &event, 1, -1) == 1 ? 0 : errno;
}

/// Several threads begin their waits anew all the time, as another one wakes them. Returns what the
/// first wait ended with that was not woken.
int wait_woken(const timespec& until) {
  static std::array<sem_t, 8> semaphores;
  static std::atomic<int> ended = 0;
  static const timespec deadline = until;
  const auto begin = [](void* (*body)(void*), sem_t* semaphore) {
    pthread_t thread;
    pthread_create(&thread, nullptr, body, semaphore);
  };
  for (auto& semaphore : semaphores) {
    sem_init(&semaphore, 0, 0);
    begin(
        [](void* own) -> void* {
          while (sem_timedwait(static_cast<sem_t*>(own), &deadline) == 0) {
          }
          ended = errno;
          return nullptr;
        },
        &semaphore);
  }
  while (ended == 0) {
    for (auto& semaphore : semaphores) {
      int value = 0;
      if (sem_getvalue(&semaphore, &value) == 0 && value == 0) sem_post(&semaphore);
    }
    sched_yield();
  }
  return ended;
}

int wait_rwlock(const timespec& until) {
  static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  pthread_t holder;
  pthread_create(
      &holder, nullptr,
      [](void*) -> void* {
        pthread_rwlock_wrlock(&lock);
        for (;;) pause();
      },
      nullptr);
  while (pthread_rwlock_tryrdlock(&lock) == 0) pthread_rwlock_unlock(&lock);
  return pthread_rwlock_timedwrlock(&lock, &until);
}

int wait_cpp(const timespec& until) {
  using Clock = std::chrono::system_clock;
  const auto at = Clock::time_point(std::chrono::seconds(until.tv_sec) +
                                    std::chrono::nanoseconds(until.tv_nsec));
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_lock lock(mutex);
  const bool woken = changed.wait_until(lock, at, [] { return false; });
  return woken ? 0 : ETIMEDOUT;
}

/// A queue for one message, which is there if it is to be sent.
mqd_t open_queue(bool full) {
  char name[64];
  snprintf(name, sizeof name, "/hitch-waits-%ld-%d", static_cast<long>(getpid()), rand());
  mq_attr attributes{};
  attributes.mq_maxmsg = 1;
  attributes.mq_msgsize = 8;
  const mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  mq_unlink(name);
  if (full) mq_send(queue, "full", 4, 0);
  return queue;
}

int wait_receive(const timespec& until) {
  char message[8];
  const mqd_t queue = open_queue(false);
  return mq_timedreceive(queue, message, sizeof message, nullptr, &until) < 0 ? errno : 0;
}

int wait_send(const timespec& until) {
  return mq_timedsend(open_queue(true), "more", 4, 0, &until) < 0 ? errno : 0;
}

int wait_vector(const timespec& until) {
  unsigned word = 0;
  futex_waitv waiter{};
  waiter.uaddr = reinterpret_cast<unsigned long>(&word);
  waiter.flags = FUTEX_32;
  return syscall(SYS_futex_waitv, &waiter, 1, 0, &until, CLOCK_REALTIME) < 0 ? errno : 0;
}

int wait_futex2(const timespec& until) {
  unsigned word = 0;
  const unsigned long any = ~0U;
  return syscall(kFutexWait, &word, 0UL, any, FUTEX_32, &until, CLOCK_REALTIME) < 0 ? errno : 0;
}

void handle_signal(bool restart) {
  struct sigaction action {};
  action.sa_handler = say_handled;
  action.sa_flags = restart ? SA_RESTART : 0;
  sigaction(SIGUSR2, &action, nullptr);
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
  if (kind == "interval") return wait_interval(until);
  if (kind == "span") return wait_span(until);
  if (kind == "timer-in-wait") return wait_timer_in_wait(until);
  if (kind == "timer-in-epoll") return wait_timer_in_epoll(until);
  if (kind == "woken") return wait_woken(until);
  if (kind == "rwlock") return wait_rwlock(until);
  if (kind == "cpp") return wait_cpp(until);
  if (kind == "receive") return wait_receive(until);
  if (kind == "send") return wait_send(until);
  if (kind == "waitv") return wait_vector(until);
  if (kind == "futex2") return wait_futex2(until);
  return EINVAL;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string_view kind = argv[1];
  if (argc > 3) handle_signal(std::string_view(argv[3]) == "restart");
  const clockid_t clock = kind == "tai" ? CLOCK_TAI : CLOCK_REALTIME;
  // First: what comes between here and the wait makes it shorter.
  const timespec before = now_of(CLOCK_MONOTONIC);
  const timespec until = later(now_of(clock), atol(argv[2]));
  puts("waiting");
  fflush(stdout);
  const int rc = wait_as(kind, until);
  const timespec end = now_of(clock), after = now_of(CLOCK_MONOTONIC);
  const long ms =
      (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
  const long late = (end.tv_sec - until.tv_sec) * 1'000'000'000 + end.tv_nsec - until.tv_nsec;
  printf("%s %ld %ld\n", rc == 0 ? "OK" : strerrorname_np(rc), ms, late);
  fflush(stdout);
  _exit(0);
}
