#include "runtime/cgroup/service_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "runtime/base/text.h"
#include "runtime/cgroup/group_files.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// Of the processors' time: microseconds. The kernel's own default. cgroup-v2.rst, "cpu.max"
constexpr std::uint64_t kPeriod = 100'000;
constexpr std::uint64_t kLeastQuota = 1'000;

bool is_file(const fs::path& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string text_of(const fs::path& path) {
  auto text = read_group_file(path);
  return text ? *std::move(text) : std::string();
}

std::uint64_t first_number(std::string_view text) {
  return parse_number<std::uint64_t>(text.substr(0, text.find('\n'))).value_or(0);
}

}  // namespace

Status ServiceGroup::add(const Place& place, const fs::path& bundle_group,
                         const std::string& service) {
  // The word in front keeps a service called 'cgroup.procs' from being taken for a file.
  const fs::path group = bundle_group / ("service-" + service);
  if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) {
    return Error::from_errno(errno, "make control group", group.native());
  }
  const fs::path procs = group / "cgroup.procs";
  UniqueFd entrance(::open(procs.c_str(), O_WRONLY | O_CLOEXEC));
  if (!entrance.is_open()) return Error::from_errno(errno, "open", procs.native());
  if (place.unified) {
    unified_ = group;
    unified_entrance_ = entrances_.size();
  }
  entrances_.push_back(std::move(entrance));
  for (const auto controller : place.controllers) {
    if (controller == Controller::kMemory) memory_ = group;
    if (controller == Controller::kCpu) cpu_ = group;
    if (controller == Controller::kPids) pids_ = group;
  }
  return Done{};
}

Status ServiceGroup::limit_memory(std::uint64_t bytes) const {
  const std::string limit = std::to_string(bytes);
  if (is_file(memory_ / "memory.max")) {
    HITCH_CHECK(write_group_file(memory_ / "memory.max", limit));
    // Where the kernel does not count swap there is no such file.
    const fs::path swap = memory_ / "memory.swap.max";
    return is_file(swap) ? write_group_file(swap, "0") : Status(Done{});
  }
  HITCH_CHECK(write_group_file(memory_ / "memory.limit_in_bytes", limit));
  const fs::path both = memory_ / "memory.memsw.limit_in_bytes";
  return is_file(both) ? write_group_file(both, limit) : Status(Done{});
}

Status ServiceGroup::limit_cpus(double cpus) const {
  const auto quota = std::max<std::uint64_t>(
      kLeastQuota, static_cast<std::uint64_t>(std::llround(cpus * double(kPeriod))));
  if (is_file(cpu_ / "cpu.max")) {
    return write_group_file(cpu_ / "cpu.max",
                            std::to_string(quota) + ' ' + std::to_string(kPeriod));
  }
  HITCH_CHECK(write_group_file(cpu_ / "cpu.cfs_period_us", std::to_string(kPeriod)));
  return write_group_file(cpu_ / "cpu.cfs_quota_us", std::to_string(quota));
}

Status ServiceGroup::limit_pids(std::uint64_t count) const {
  // More than there can be is refused. PID_MAX_LIMIT, in pid_namespaces(7) as kernel.pid_max
  constexpr std::uint64_t kMost = 4'194'304;
  return write_group_file(pids_ / "pids.max", std::to_string(std::min(count, kMost)));
}

std::vector<int> ServiceGroup::entrances() const {
  std::vector<int> fds;
  fds.reserve(entrances_.size());
  for (std::size_t i = 0; i < entrances_.size(); ++i) {
    const bool is_shut = frozen_ && !unified_.empty() && i == unified_entrance_;
    if (!is_shut) fds.push_back(entrances_[i].get());
  }
  return fds;
}

Status ServiceGroup::adopt(pid_t pid) const {
  return write_group_file(unified_ / "cgroup.procs", std::to_string(pid));
}

std::vector<pid_t> ServiceGroup::members() const {
  return processes_in(unified_);
}

Status ServiceGroup::freeze(bool on) {
  HITCH_CHECK(write_group_file(unified_ / "cgroup.freeze", on ? "1" : "0"));
  frozen_ = on;
  return Done{};
}

OutOfMemory ServiceGroup::out_of_memory() const {
  OutOfMemory result;
  if (memory_.empty()) return result;
  const auto events = text_of(memory_ / "memory.events");
  if (!events.empty()) {
    result.kills = number_of(events, "oom_kill");
    result.at_own_limit = number_of(events, "oom") > 0;
    return result;
  }
  result.kills = number_of(text_of(memory_ / "memory.oom_control"), "oom_kill");
  // Some kernels count no failures of memory and swap together, which is asked for first. So: has
  // it been as good as full? Memory is handed out in portions of up to 2 MiB.
  const auto most = first_number(text_of(memory_ / "memory.max_usage_in_bytes"));
  const auto limit = first_number(text_of(memory_ / "memory.limit_in_bytes"));
  result.at_own_limit = most + std::max(limit / 16, std::uint64_t{1} << 20) >= limit;
  return result;
}

std::uint64_t ServiceGroup::refused_processes() const {
  return pids_.empty() ? 0 : number_of(text_of(pids_ / "pids.events"), "max");
}

}  // namespace hitch
