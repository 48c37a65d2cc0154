#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <thread>

#include "introspect/directory_names.h"
#include "introspect/machine.h"
#include "introspect/process.h"
#include "introspect/process_state.h"

namespace hitch::introspect {

namespace {

double seconds_of(std::uint64_t ticks) noexcept {
  return static_cast<double>(ticks) / ticks_per_second();
}

/// A set of processors, as long as this kernel may need it.
using CpuMask = std::vector<unsigned long>;
constexpr std::size_t kBitsPerWord = 8 * sizeof(unsigned long);

std::vector<int> numbers_in(const CpuMask& mask) {
  std::vector<int> cpus;
  for (std::size_t word = 0; word < mask.size(); ++word) {
    for (std::size_t bit = 0; bit < kBitsPerWord; ++bit) {
      if ((mask[word] >> bit & 1U) != 0)
        cpus.push_back(static_cast<int>(word * kBitsPerWord + bit));
    }
  }
  return cpus;
}

/// Processor time used between two marks, in per cent of one processor, as psutil rounds it.
double percent_between(const ProcessState::Mark& from, const ProcessState::Mark& to) {
  const std::chrono::duration<double> span = to.time - from.time;
  if (span.count() <= 0) return 0;
  return std::round((to.seconds - from.seconds) / span.count() * 1000) / 10;
}

Answer<ProcessState::Mark> mark_now(ProcessState& state) {
  HITCH_TRY(const auto* stat, state.stat());
  return ProcessState::Mark{std::chrono::steady_clock::now(),
                            seconds_of(stat->utime + stat->stime)};
}

}  // namespace

Answer<CpuTimes> Process::cpu_times() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return CpuTimes{.user = seconds_of(stat->utime),
                  .system = seconds_of(stat->stime),
                  .children_user = seconds_of(stat->children_utime),
                  .children_system = seconds_of(stat->children_stime),
                  .iowait = seconds_of(stat->block_delay)};
}

Answer<double> Process::cpu_percent() const {
  HITCH_TRY(const auto now, mark_now(*state_));
  const auto last = std::exchange(state_->mark, now);
  return last ? percent_between(*last, now) : 0.0;
}

Answer<double> Process::cpu_percent(std::chrono::duration<double> interval) const {
  if (interval.count() <= 0) return cpu_percent();
  HITCH_TRY(const auto before, mark_now(*state_));
  std::this_thread::sleep_for(interval);
  state_->forget_stat();  // within a oneshot() there would be nothing in between
  HITCH_TRY(const auto after, mark_now(*state_));
  state_->mark = after;
  return percent_between(before, after);
}

Answer<int> Process::cpu_num() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return stat->processor;
}

Answer<std::vector<int>> Process::cpu_affinity() const {
  HITCH_CHECK(state_->directory());
  constexpr std::size_t kMostWords = 1024;
  for (std::size_t words = 16; words <= kMostWords; words *= 2) {
    CpuMask mask(words);
    // The system call itself, as glibc's function wants a cpu_set_t.
    const long rc = ::syscall(SYS_sched_getaffinity, pid_, words * sizeof mask[0], mask.data());
    if (rc < 0 && errno == EINVAL) continue;  // there may be more processors than fit
    HITCH_CHECK(state_->check_call(rc < 0 ? errno : 0, "get its processors"));
    return numbers_in(mask);
  }
  return ProcessError(ProcessErrorKind::kOther, pid_, EINVAL, "get its processors");
}

Answer<Done> Process::set_cpu_affinity(std::span<const int> cpus) const {
  const auto invalid = [this](const std::string& action) {
    return ProcessError(ProcessErrorKind::kInvalidArgument, pid_, EINVAL, action);
  };
  constexpr int kMostCpus = 1 << 16;
  CpuMask mask;
  const auto add = [&mask](int cpu) {
    const auto at = static_cast<std::size_t>(cpu);
    mask.resize(std::max(mask.size(), at / kBitsPerWord + 1));
    mask[at / kBitsPerWord] |= 1UL << at % kBitsPerWord;
  };
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= kMostCpus) {
      return invalid("set its processors: there is no number " + std::to_string(cpu));
    }
    add(cpu);
  }
  if (cpus.empty()) {
    for (int cpu = 0; cpu < processor_count(); ++cpu) add(cpu);
  }
  HITCH_CHECK(state_->check_call(0, "set its processors"));
  const long rc = ::syscall(SYS_sched_setaffinity, pid_, mask.size() * sizeof mask[0], mask.data());
  return state_->check_call(rc < 0 ? errno : 0, "set its processors");
}

Answer<int> Process::nice() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return stat->nice;
}

Answer<Done> Process::set_nice(int value) const {
  HITCH_CHECK(state_->check_call(0, "set its nice value"));
  const int rc = ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid_), value);
  return state_->check_call(rc < 0 ? errno : 0, "set its nice value");
}

Answer<int> Process::num_threads() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return stat->threads;
}

Answer<std::vector<Thread>> Process::threads() const {
  HITCH_TRY(const auto* own, state_->directory());
  HITCH_TRY(const auto directory, own->open_at("task", O_RDONLY | O_DIRECTORY));
  std::vector<Thread> found;
  std::array<char, 2048> buffer;
  DirectoryNames names(directory.get());
  while (const char* name = names.next_number()) {
    const auto path = std::string(name) + "/stat";
    const UniqueFd file(::openat(directory.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto n = file.is_open() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    if (n <= 0) continue;  // it has ended since
    const auto stat = parse_stat({buffer.data(), static_cast<std::size_t>(n)});
    if (!stat) continue;
    found.push_back({stat->pid, seconds_of(stat->utime), seconds_of(stat->stime)});
  }
  if (names.err() != 0) return own->failure(names.err(), "read directory 'task'");
  if (found.empty()) return own->failure(ESRCH, "read directory 'task'");
  return found;
}

Answer<CtxSwitches> Process::num_ctx_switches() const {
  HITCH_TRY(const auto* status, state_->status());
  return status->switches;
}

}  // namespace hitch::introspect
