#include "runtime/supervisor/faketime_time.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"
#include "runtime/clock/machine_clock.h"

namespace hitch {

Result<std::unique_ptr<FaketimeTime>> FaketimeTime::start(const ClockPlan& plan) {
  auto time = std::make_unique<FaketimeTime>(plan);
  HITCH_CHECK(time->write_file());
  return time;
}

FaketimeTime::FaketimeTime(const ClockPlan& plan)
    : BundleTime(plan.start),
      library_(*plan.library),
      file_(clock_file(plan)),
      why_(plan.why_not_vdso.empty() ? "the bundle file says so" : plan.why_not_vdso) {}

Task<Done> FaketimeTime::put_in_force() {
  co_return write_file();
}

/// A new file that takes the place of the old one: who reads meanwhile reads one or the other.
Status FaketimeTime::write_file() const {
  const std::string fresh = file_ + ".new";
  const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) return Error::from_errno(errno, "create", fresh);
  if (const int err = write_fully(file.get(), clock_file_text(setting())); err != 0) {
    return Error::from_errno(err, "write", fresh);
  }
  if (::rename(fresh.c_str(), file_.c_str()) != 0) {
    return Error::from_errno(errno, "rename", fresh);
  }
  return Done{};
}

Status FaketimeTime::adjust(LaunchRequest& launch) {
  if ((launch.persona & kMachineClockPersona) != 0) return Done{};
  if (launch.root != 0) {
    return Error::because(
               "the bundle's clock is made by libfaketime, which cannot be loaded in a "
               "root of a service's own")
        .with_hint("give the service 'clock: real', or run where 'backend: vdso' works");
  }
  const auto is_there = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  const auto program = std::find_if(launch.programs.begin(), launch.programs.end(), is_there);
  if (program != launch.programs.end()) {
    HITCH_CHECK(check_pair(library_, *program));
    const auto reach = reach_of(*program);
    if (reach != Reach::kReachable && out_of_reach_.insert(*program).second) {
      const auto* const why = reach == Reach::kStatic ? "static" : "made for musl's libc";
      notice("'" + *program + "' sees the machine's time: it is " + why +
             ", and loads no libfaketime");
    }
    if (reach == Reach::kOtherLibc) return Done{};
  }
  preload(library_, file_, launch.environment);
  return Done{};
}

}  // namespace hitch
