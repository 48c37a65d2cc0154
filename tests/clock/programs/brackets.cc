// brackets: two threads read the wall clock between two readings of the monotonic one, as fast as
// they can. Prints the longest way that the wall clock was behind or ahead of the machine's,
// against the shifts that it may have: multiples of 1000000 seconds. On the end of input prints
// "READS BAD".

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

constexpr long kSecond = 1'000'000'000, kStep = 1'000'000;
std::atomic<bool> g_stop = false;
std::atomic<long> g_reads = 0, g_bad = 0;
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

void* read_on(void*) {
  while (!g_stop) {
    const long before = nanos(now_of(CLOCK_MONOTONIC));
    const long wall = without_shift(now_of(CLOCK_REALTIME));
    const long after = nanos(now_of(CLOCK_MONOTONIC));
    ++g_reads;
    constexpr long kSlack = 50'000'000;  // for a machine whose clock is being adjusted
    if (wall < before + g_offset - kSlack || wall > after + g_offset + kSlack) ++g_bad;
  }
  return nullptr;
}

}  // namespace

int main() {
  g_offset = without_shift(now_of(CLOCK_REALTIME)) - nanos(now_of(CLOCK_MONOTONIC));
  pthread_t threads[2];
  for (auto& thread : threads) pthread_create(&thread, nullptr, read_on, nullptr);
  puts("reading");
  fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  g_stop = true;
  for (const auto thread : threads) pthread_join(thread, nullptr);
  printf("%ld %ld\n", g_reads.load(), g_bad.load());
}
