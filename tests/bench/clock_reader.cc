// clock_reader reads: prints how many nanoseconds one reading of the wall clock takes.
// clock_reader starts COUNT PROGRAM: prints how many microseconds one start of a program takes,
// from fork until it has been reaped: the median. clock_reader watch COUNT: so many processes look
// at the wall clock, once a millisecond. Prints "watching", and each time when all have seen that
// it has jumped, "seen".
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

constexpr double kNanosPerSecond = 1e9;

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / kNanosPerSecond;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int measure_reads() {
  constexpr int kRounds = 9, kReads = 50'000;
  std::vector<double> spans;
  for (int round = 0; round < kRounds; ++round) {
    const double before = seconds_of(CLOCK_MONOTONIC_RAW);
    timespec now{};
    for (int i = 0; i < kReads; ++i) clock_gettime(CLOCK_REALTIME, &now);
    spans.push_back((seconds_of(CLOCK_MONOTONIC_RAW) - before) / kReads * kNanosPerSecond);
  }
  std::printf("%.2f\n", median(spans));
  return 0;
}

int measure_starts(int count, char** program) {
  std::vector<double> spans;
  for (int i = 0; i < count; ++i) {
    const double before = seconds_of(CLOCK_MONOTONIC_RAW);
    const pid_t pid = fork();
    if (pid == 0) {
      execv(program[0], program);
      _exit(127);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) return 1;
    spans.push_back((seconds_of(CLOCK_MONOTONIC_RAW) - before) * 1e6);
  }
  std::printf("%.2f\n", median(spans));
  return 0;
}

/// How far the wall clock is ahead of the monotonic one.
double lead() {
  return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_MONOTONIC);
}

[[noreturn]] void look_out(std::atomic<int>& seen) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  constexpr double kJump = 60;
  constexpr timespec kPause{0, 4'000'000};
  for (double known = lead();;) {
    nanosleep(&kPause, nullptr);
    const double now = lead();
    if (now - known < kJump && known - now < kJump) continue;
    known = now;
    ++seen;
  }
}

int watch(int count) {
  void* const shared = mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  auto& seen = *new (shared) std::atomic<int>(0);
  for (int i = 0; i < count; ++i) {
    if (fork() == 0) look_out(seen);
  }
  sleep(1);  // all of them have read it once, or this figure is too large
  std::puts("watching");
  std::fflush(stdout);
  for (int rounds = 1;; ++rounds) {
    constexpr timespec kPause{0, 100'000};
    while (seen < rounds * count) nanosleep(&kPause, nullptr);
    std::puts("seen");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  if (how == "reads") return measure_reads();
  if (how == "starts" && argc > 3) return measure_starts(std::atoi(argv[2]), argv + 3);
  if (how == "watch" && argc > 2) return watch(std::atoi(argv[2]));
  return 2;
}
