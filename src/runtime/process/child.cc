#include "runtime/process/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

// Some sandboxes answer ENOSYS for clone3 because its flags are out of a filter's reach; the older
// call does the same for all we need. clone(2): on x86-64 a null stack means a copy, as with fork.
pid_t clone_legacy(std::uint64_t flags, int* pidfd) noexcept {
  return static_cast<pid_t>(::syscall(SYS_clone, static_cast<unsigned long>(flags) | SIGCHLD,
                                      nullptr, pidfd, nullptr, nullptr));
}

// The first candidate that is there decides: only "not found" goes on to the next, and a directory
// that may not be searched is remembered, as execvp(3) does it.
void exec_first(const ChildPlan& plan) noexcept {
  int remembered = ENOENT;
  for (const char* const* program = plan.programs; *program != nullptr; ++program) {
    ::execve(*program, const_cast<char* const*>(plan.argv), const_cast<char* const*>(plan.envp));
    if (errno == EACCES) {
      remembered = EACCES;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      return;
    }
  }
  errno = remembered;
}

bool add_to_persona(std::uint32_t bits) noexcept {
  constexpr unsigned long kAsk = 0xffffffff;
  const int now = ::personality(kAsk);
  return now >= 0 && ::personality(static_cast<unsigned long>(now) | bits) >= 0;
}

bool unblock_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

}  // namespace

const char* step_text(ChildStep step) noexcept {
  switch (step) {
    case ChildStep::kIdMap:
      return "write the id maps of";
    case ChildStep::kIdentity:
      return "take its identity";
    case ChildStep::kSession:
      return "start a session";
    case ChildStep::kLimits:
      return "set resource limits";
    case ChildStep::kRoot:
      return "enter its root for";
    case ChildStep::kDirectory:
      return "enter its directory";
    case ChildStep::kRedirect:
      return "redirect its input and output";
    case ChildStep::kSignals:
      return "reset signals";
    case ChildStep::kExec:
      return "execute";
    case ChildStep::kClone:
      return "create a process";
    case ChildStep::kGroup:
      return "enter the control group of";
  }
  return "start";
}

void fail_child(int report_fd, ChildStep step) noexcept {
  const ChildFailure failure{step, errno};
  (void)write_fully(report_fd, {reinterpret_cast<const char*>(&failure), sizeof failure});
  ::_exit(127);
}

void run_child(const ChildPlan& plan, int report_fd) noexcept {
  for (const int group : plan.groups) {  // first: what comes next is on the service's account
    if (group >= 0 && ::write(group, "0", 1) != 1) fail_child(report_fd, ChildStep::kGroup);
  }
  if (plan.session != ChildSession::kShared && ::setsid() < 0) {
    fail_child(report_fd, ChildStep::kSession);
  }
  for (std::uint32_t i = 0; i < plan.limit_count; ++i) {
    const rlimit limit{plan.limits[i].soft, plan.limits[i].hard};
    if (::setrlimit(static_cast<__rlimit_resource>(plan.limits[i].resource), &limit) != 0) {
      fail_child(report_fd, ChildStep::kLimits);
    }
  }
  if (plan.dies_with_parent && ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
    fail_child(report_fd, ChildStep::kIdentity);
  }
  if (plan.persona != 0 && !add_to_persona(plan.persona)) {
    fail_child(report_fd, ChildStep::kIdentity);
  }
  if (plan.enter_root != nullptr) {
    if (const int err = plan.enter_root(plan.root); err != 0) {
      errno = err;
      fail_child(report_fd, ChildStep::kRoot);
    }
  }
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
    fail_child(report_fd, ChildStep::kDirectory);
  }
  for (int target = 0; target < 3; ++target) {
    if (::dup2(plan.stdio[static_cast<std::size_t>(target)], target) < 0) {
      fail_child(report_fd, ChildStep::kRedirect);
    }
  }
  if (plan.session == ChildSession::kTerminal && ::ioctl(0, TIOCSCTTY, 0) != 0) {
    fail_child(report_fd, ChildStep::kSession);
  }
  // Nothing but these three goes on, whatever this process inherited. close_range(2)
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    fail_child(report_fd, ChildStep::kRedirect);
  }
  if (!unblock_signals()) fail_child(report_fd, ChildStep::kSignals);
  exec_first(plan);
  fail_child(report_fd, ChildStep::kExec);
}

pid_t clone_process(std::uint64_t flags, int* pidfd) noexcept {
  clone_args args{};
  args.flags = flags;
  args.pidfd = reinterpret_cast<std::uint64_t>(pidfd);
  args.exit_signal = SIGCHLD;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid < 0 && errno == ENOSYS) return clone_legacy(flags, pidfd);
  return pid;
}

}  // namespace hitch
