#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "introspect/process.h"
#include "introspect/process_state.h"

namespace hitch::introspect {

namespace {

// linux/ioprio.h is not in Debian's headers under a name that all releases have.
constexpr int kIoprioWhoProcess = 1, kIoprioClassShift = 13, kIoprioValueMask = (1 << 13) - 1;

}  // namespace

Answer<IoCounters> Process::io_counters() const {
  HITCH_TRY(const auto text, state_->text("io"));
  const auto io = parse_io(text);
  if (!io) return ProcessError(ProcessErrorKind::kOther, pid_, EBADMSG, "read 'io'");
  return *io;
}

Answer<IoPriority> Process::ionice() const {
  HITCH_CHECK(state_->directory());
  const long rc = ::syscall(SYS_ioprio_get, kIoprioWhoProcess, pid_);
  HITCH_CHECK(state_->check_call(rc < 0 ? errno : 0, "get its io priority"));
  return IoPriority{.ioclass = static_cast<int>(rc >> kIoprioClassShift),
                    .value = static_cast<int>(rc & kIoprioValueMask)};
}

Answer<Done> Process::set_ionice(int ioclass, int value) const {
  constexpr int kNone = 0, kIdle = 3, kMostValue = 7;
  if (ioclass < kNone || ioclass > kIdle || value < 0 || value > kMostValue ||
      (value != 0 && (ioclass == kNone || ioclass == kIdle))) {
    return ProcessError(
        ProcessErrorKind::kInvalidArgument, pid_, EINVAL,
        "set its io priority to " + std::to_string(ioclass) + ", " + std::to_string(value));
  }
  HITCH_CHECK(state_->check_call(0, "set its io priority"));
  const long rc =
      ::syscall(SYS_ioprio_set, kIoprioWhoProcess, pid_, ioclass << kIoprioClassShift | value);
  return state_->check_call(rc < 0 ? errno : 0, "set its io priority");
}

Answer<int> Process::num_fds() const {
  HITCH_TRY(const auto* own, state_->directory());
  return count_descriptors(*own);
}

Answer<std::vector<OpenFile>> Process::open_files() const {
  HITCH_TRY(const auto* descriptors, state_->descriptors());
  HITCH_TRY(const auto* own, state_->directory());
  return open_files_of(*own, *descriptors);
}

Answer<std::vector<Connection>> Process::connections(ConnectionKind kind) const {
  HITCH_TRY(const auto* descriptors, state_->descriptors());
  HITCH_TRY(const auto* own, state_->directory());
  return connections_of(*own, *descriptors, kind);
}

Answer<Limits> Process::rlimit(int resource) const {
  HITCH_CHECK(state_->directory());
  rlimit64 limits{};
  const auto which = static_cast<__rlimit_resource>(resource);
  const int rc = ::prlimit64(pid_, which, nullptr, &limits);
  HITCH_CHECK(state_->check_call(rc < 0 ? errno : 0, "get a limit of it"));
  return Limits{.soft = limits.rlim_cur, .hard = limits.rlim_max};
}

Answer<Done> Process::set_rlimit(int resource, const Limits& limits) const {
  HITCH_CHECK(state_->check_call(0, "set a limit of it"));
  const rlimit64 wanted{.rlim_cur = limits.soft, .rlim_max = limits.hard};
  const auto which = static_cast<__rlimit_resource>(resource);
  const int rc = ::prlimit64(pid_, which, &wanted, nullptr);
  return state_->check_call(rc < 0 ? errno : 0, "set a limit of it");
}

}  // namespace hitch::introspect
