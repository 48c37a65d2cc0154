#include "runtime/init/reaper.h"

#include <sys/resource.h>
#include <sys/wait.h>

namespace hitch {

namespace {

std::int64_t microseconds(const timeval& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

}  // namespace

void reap_all(Spawner& spawner, InitWire& wire) noexcept {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG | __WALL, &usage);
    if (pid <= 0) return;
    const std::uint32_t id = spawner.ended(pid);
    if (id == 0) continue;
    InitReport report;
    report.kind = ReportKind::kExited;
    report.id = id;
    report.pid = pid;
    report.status = status;
    report.user_us = microseconds(usage.ru_utime);
    report.system_us = microseconds(usage.ru_stime);
    report.max_rss_kib = usage.ru_maxrss;
    wire.send(report);
  }
}

}  // namespace hitch
