#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <cstdint>

namespace hitch {

/// What a child does between clone and exec, in this order. Named in messages by step_text().
enum class ChildStep : std::uint32_t {
  kIdMap,     ///< of init: write the id maps of its user namespace
  kIdentity,  ///< die with its parent; of init: keep capabilities over the exec
  kSession,
  kLimits,
  kRoot,
  kDirectory,
  kRedirect,
  kSignals,
  kExec,
  kClone,  ///< in the parent: there never was a child
  kGroup,  ///< enter its control groups
};
const char* step_text(ChildStep step) noexcept;

/// What went wrong in a child, as it travels through the report pipe.
struct ChildFailure {
  ChildStep step{};
  int err = 0;
};

/// Which session and process group a child gets. setsid(2)
enum class ChildSession : std::uint32_t {
  kOwn,       ///< a session of its own, without a terminal
  kShared,    ///< the parent's, so that the caller's terminal goes on working
  kTerminal,  ///< a session of its own that stdin, a terminal, controls. ioctl_tty(2)
};

struct ChildLimit {
  int resource = 0;  ///< RLIMIT_…
  rlim_t soft = 0, hard = 0;
};

/// Everything a child needs, made ready before the clone. Borrows all it points to. The three
/// descriptors are numbered 3 or above, so that no redirection overwrites another's source.
struct ChildPlan {
  const char* const* programs = nullptr;  ///< paths to try in turn, null at the end
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
  const char* directory = nullptr;
  std::array<int, 3> stdio{-1, -1, -1};
  ChildSession session = ChildSession::kOwn;
  std::uint32_t persona = 0;  ///< bits to add to its execution domain. personality(2)
  /// Files of control groups that it enters by writing to them. cgroups(7)
  std::array<int, 4> groups{-1, -1, -1, -1};
  /// Makes `root` its root; null: it has the parent's. @return 0 or errno
  int (*enter_root)(int root) noexcept = nullptr;
  int root = -1;
  bool dies_with_parent = false;
  std::array<ChildLimit, 4> limits{};
  std::uint32_t limit_count = 0;
};

/// Becomes the planned program. Runs in a copy of the parent: async-signal-safe calls only, no way
/// back to the caller. A failure is written to `report_fd`, which is close-on-exec: its end of file
/// without a word means that the exec succeeded.
[[noreturn]] void run_child(const ChildPlan& plan, int report_fd) noexcept;

/// Reports errno for `step` and ends the child. For steps that come before run_child.
[[noreturn]] void fail_child(int report_fd, ChildStep step) noexcept;

/// Signals stay blocked from a clone until the child has a mask of its own: no handler of ours may
/// run in it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    (void)::sigprocmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// Starts a copy of this process. clone3(2), or clone(2) where a seccomp profile hides clone3.
/// @param flags       CLONE_NEW… and CLONE_PIDFD
/// @param pidfd       filled in with CLONE_PIDFD; close-on-exec
/// @return as fork(2): 0 in the child, the pid in the parent, -1 and errno
pid_t clone_process(std::uint64_t flags, int* pidfd) noexcept;

}  // namespace hitch
