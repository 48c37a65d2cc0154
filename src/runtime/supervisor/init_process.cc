#include "runtime/supervisor/init_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>

#include "runtime/init/channel.h"
#include "runtime/namespaces/caps.h"
#include "runtime/process/child.h"
#include "runtime/process/sealed_program.h"

namespace hitch {

namespace {

/// What the child between clone and exec of init works with.
struct InitPlan {
  const char* program = nullptr;
  int sealed = -1;  ///< a copy of it that is run instead
  const char* mode = nullptr;
  bool namespaces = true;
  const IdMapTexts* ids = nullptr;  ///< null: there is no user namespace
  int channel = -1;
  int null = -1;
  int report = -1;
};

// Init takes no variables from anybody. The thread sanitizer keeps a file in TMPDIR open for
// writing, and no mount that has one can be made read-only: there it gets no such directory.
#if defined(__SANITIZE_THREAD__)
constexpr const char* kInitEnvironment[] = {"TMPDIR=/dev/null", nullptr};
#else
constexpr const char* kInitEnvironment[] = {nullptr};
#endif

// Async-signal-safe calls only.
void own_user_namespace(const InitPlan& plan) noexcept {
  if (const int err = write_own_id_map(*plan.ids); err != 0) {
    errno = err;
    fail_child(plan.report, ChildStep::kIdMap);
  }
  // The maps are there: from here on this is uid 1000, which keeps its capabilities over an exec
  // only if they are ambient. capabilities(7)
  if (const int err = carry_capabilities_over_exec(); err != 0) {
    errno = err;
    fail_child(plan.report, ChildStep::kIdentity);
  }
}

// Async-signal-safe calls only, no way back.
[[noreturn]] void run_init(const InitPlan& plan) noexcept {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail_child(plan.report, ChildStep::kIdentity);
  if (plan.ids != nullptr) own_user_namespace(plan);
  for (int target = 0; target < 3; ++target) {
    if (::dup2(plan.null, target) < 0) fail_child(plan.report, ChildStep::kRedirect);
  }
  const bool in_place = plan.channel == kInitChannelFd;
  if (in_place ? ::fcntl(plan.channel, F_SETFD, 0) != 0
               : ::dup2(plan.channel, kInitChannelFd) < 0) {
    fail_child(plan.report, ChildStep::kRedirect);
  }
  if (::syscall(SYS_close_range, kInitChannelFd + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    fail_child(plan.report, ChildStep::kRedirect);
  }
  const char* const argv[] = {"hitch-init", plan.mode, nullptr};
  auto* const* words = const_cast<char* const*>(argv);
  auto* const* variables = const_cast<char* const*>(kInitEnvironment);
  if (plan.sealed >= 0) {
    (void)::syscall(SYS_execveat, plan.sealed, "", words, variables, AT_EMPTY_PATH);
  } else {
    ::execve(plan.program, words, variables);
  }
  fail_child(plan.report, ChildStep::kExec);
}

int run_init_on_its_stack(void* plan) noexcept {
  run_init(*static_cast<const InitPlan*>(plan));
}

// The child borrows the memory of this process until it execs, and this thread waits for that, as
// with posix_spawn(3): copying page tables would take longer than all namespaces together. Not
// under sanitizers, which keep books on every stack.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kBorrowMemory = 0;
#else
constexpr int kBorrowMemory = CLONE_VM | CLONE_VFORK;
#endif

/// @return as clone(2); `pidfd` is filled in
pid_t clone_init(const InitPlan& plan, int* pidfd) {
  alignas(16) std::array<char, 64 * 1024> stack;  // of which it touches a page or two
  const int users = plan.ids != nullptr ? CLONE_NEWUSER : 0;
  const int pids = plan.namespaces ? CLONE_NEWPID : 0;
  const int flags = users | pids | CLONE_PIDFD | kBorrowMemory | SIGCHLD;
  return ::clone(run_init_on_its_stack, stack.data() + stack.size(), flags,
                 const_cast<InitPlan*>(&plan), pidfd);
}

Error explain(const ChildFailure& failure) {
  // Where a security module takes the rights away that come with a user namespace, this fails.
  if (failure.step == ChildStep::kIdMap) {
    return explain_namespaces(Error::from_errno(failure.err, kCreateNamespaces));
  }
  return Error::from_errno(failure.err, step_text(failure.step), "hitch-init");
}

/// The argument that says so to init; null: it does what most of them do.
const char* mode_of(const InitProcess::Request& request) {
  if (!request.namespaces) return kNoNamespacesWord;
  return request.private_network ? nullptr : kHostNetworkWord;
}

/// Duplicates a descriptor that the child will need above those that the child overwrites.
Result<UniqueFd> out_of_the_way(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kInitChannelFd + 1));
  if (!copy.is_open()) return Error::from_errno(errno, "duplicate a file descriptor");
  return copy;
}

}  // namespace

Result<InitProcess> InitProcess::start(const Request& request) {
  HITCH_TRY(auto sockets, SocketPair::create());
  HITCH_TRY(auto report, Pipe::create(O_NONBLOCK));
  UniqueFd null_device(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null_device.is_open()) return Error::from_errno(errno, "open", "/dev/null");
  HITCH_TRY(auto child_channel, out_of_the_way(sockets.theirs.get()));
  HITCH_TRY(auto child_report, out_of_the_way(report.write_end.get()));
  HITCH_TRY(auto child_null, out_of_the_way(null_device.get()));
  report.write_end.reset();
  sockets.theirs.reset();

  UniqueFd sealed;
  if (wants_sealed_programs()) {
    HITCH_TRY(const auto copy, sealed_copy_of(request.program));
    HITCH_TRY(sealed, out_of_the_way(copy.get()));
  }
  const IdMapTexts ids = id_map_texts(request.ids);
  const InitPlan plan{.program = request.program.c_str(),
                      .sealed = sealed.get(),
                      .mode = mode_of(request),
                      .namespaces = request.namespaces,
                      .ids = request.own_users && request.namespaces ? &ids : nullptr,
                      .channel = child_channel.get(),
                      .null = child_null.get(),
                      .report = child_report.get()};
  const AllSignalsBlocked blocked;
  int pidfd = -1;
  const pid_t pid = clone_init(plan, &pidfd);
  if (pid < 0) return explain_namespaces(Error::from_errno(errno, kCreateNamespaces));
  InitProcess init;
  init.pid = pid;
  init.pidfd = Pidfd(UniqueFd(pidfd));
  init.channel = std::move(sockets.ours);
  init.report = std::move(report.read_end);
  if (!request.namespaces) init.end_signal = SIGTERM;
  if (auto refusal = init.refused_namespaces()) {
    init.end();
    return *std::move(refusal);
  }
  return init;
}

void InitProcess::end() const noexcept {
  kill();
  siginfo_t info{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED);
}

void InitProcess::reap() const noexcept {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd.get());
  while (::waitid(P_PIDFD, id, &info, WEXITED) != 0 && errno == EINTR) {
  }
}

bool InitProcess::has_been_reaped() const noexcept {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd.get());
  return ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
}

Error InitProcess::why_it_never_ran() const {
  ChildFailure failure;
  if (::read(report.get(), &failure, sizeof failure) != static_cast<ssize_t>(sizeof failure)) {
    return Error::because("hitch-init ended before the bundle was set up");
  }
  return explain(failure);
}

/// Already known once the child has let go of this process's memory. Where it has a copy, because
/// of a sanitizer, why_it_never_ran() finds out.
std::optional<Error> InitProcess::refused_namespaces() const {
  ChildFailure failure;
  if (::read(report.get(), &failure, sizeof failure) != static_cast<ssize_t>(sizeof failure)) {
    return std::nullopt;
  }
  return explain(failure);
}

Error explain_namespaces(Error error) {
  switch (error.err()) {
    case EPERM:
    case EACCES:
      return std::move(error).with_hint(
          "unprivileged user namespaces are forbidden here: on a host set "
          "kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0; "
          "in a container run it with seccomp=unconfined");
    case ENOSPC:
      return std::move(error).with_hint(
          "a limit on namespaces is reached: look at user.max_user_namespaces and its neighbours "
          "in /proc/sys/user");
    case EAGAIN:
      return std::move(error).with_hint(
          "this user may have no more processes: look at ulimit -u, and at the limits of the "
          "container or session");
    case EINVAL:
      return std::move(error).with_hint("the kernel was built without one of the namespaces");
    default:
      return error;
  }
}

}  // namespace hitch
