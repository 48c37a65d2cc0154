// brackets: two threads, two children and their short-lived children read the wall clock between
// two readings of the monotonic one, as fast as they can. It may be ahead of the machine's by a
// multiple of 1000000 seconds, and that may only grow. Prints "reading"; on the end of input "READS
// TORN STALE": how many were not between the two, and how many had a shift after somebody had read
// a larger one.

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace {

constexpr long kSecond = 1'000'000'000, kStep = 1'000'000;

/// What all of them share.
struct Shared {
  std::atomic<bool> stop{false};
  std::atomic<long> reads{0}, torn{0}, stale{0};
  std::atomic<long> largest{0};  ///< shift that was read, in steps
};
Shared* g_shared;
long g_offset;  ///< wall clock less monotonic clock, less the shift, in nanoseconds

timespec now_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now;
}

long nanos(const timespec& time) {
  return time.tv_sec * kSecond + time.tv_nsec;
}

/// The wall clock in nanoseconds without the shift that it has.
long without_shift(const timespec& wall) {
  return wall.tv_sec % kStep * kSecond + wall.tv_nsec;
}

void read_once() {
  const long known = g_shared->largest;
  const long before = nanos(now_of(CLOCK_MONOTONIC));
  const timespec wall = now_of(CLOCK_REALTIME);
  const long after = nanos(now_of(CLOCK_MONOTONIC));
  ++g_shared->reads;
  constexpr long kSlack = 50'000'000;  // for a machine whose clock is being adjusted
  const long plain = without_shift(wall);
  if (plain < before + g_offset - kSlack || plain > after + g_offset + kSlack) ++g_shared->torn;
  const long shift = wall.tv_sec / kStep;
  if (shift < known) ++g_shared->stale;
  for (long seen = known; seen < shift && !g_shared->largest.compare_exchange_weak(seen, shift);) {
  }
}

void* read_on(void*) {
  while (!g_shared->stop) read_once();
  return nullptr;
}

/// Reads, and has children that read a little.
void read_as_child() {
  while (!g_shared->stop) {
    const pid_t child = fork();
    for (int i = 0; i < 100; ++i) read_once();
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, nullptr, 0);
  }
}

}  // namespace

int main() {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  g_shared = new (memory) Shared;
  g_offset = without_shift(now_of(CLOCK_REALTIME)) - nanos(now_of(CLOCK_MONOTONIC));
  for (int i = 0; i < 2; ++i) {
    if (fork() != 0) continue;
    read_as_child();
    _exit(0);
  }
  pthread_t threads[2];
  for (auto& thread : threads) pthread_create(&thread, nullptr, read_on, nullptr);
  puts("reading");
  fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  g_shared->stop = true;
  for (const auto thread : threads) pthread_join(thread, nullptr);
  while (wait(nullptr) > 0) {
  }
  printf("%ld %ld %ld\n", g_shared->reads.load(), g_shared->torn.load(), g_shared->stale.load());
}
