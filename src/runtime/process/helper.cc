#include "runtime/process/helper.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace hitch {

namespace {

/// What posix_spawn(3) shall do.
class SpawnPlan {
 public:
  explicit SpawnPlan(const std::array<int, 3>& stdio) {
    ::posix_spawn_file_actions_init(&actions_);
    for (int fd = 0; fd < 3; ++fd) {
      const int source = stdio[static_cast<std::size_t>(fd)];
      if (source < 0) {
        ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
      } else {
        ::posix_spawn_file_actions_adddup2(&actions_, source, fd);
      }
    }
    // Also of what hitch has inherited, which need not be close-on-exec.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  /// glibc lends the child this process's memory until it execs, so nothing is copied.
  /// @return 0 or errno, that of execve(2) included
  int spawn(const char* program, char* const* argv, pid_t* pid) const {
    return ::posix_spawn(pid, program, &actions_, &attributes_, argv, environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<Pidfd> start_helper(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const std::array<int, 3>& stdio) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (const int err = SpawnPlan(stdio).spawn(program.c_str(), argv.data(), &pid); err != 0) {
    auto error = Error::from_errno(err, "start", program.native());
    if (err != ENOENT) return error;
    return std::move(error).with_hint("it is a part of hitch: install all of it");
  }
  auto process = Pidfd::open(pid);  // still that one: nobody but the caller reaps it
  if (!process) {
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
  }
  return process;
}

std::optional<ExitStatus> reap(const Pidfd& child) {
  siginfo_t info{};
  const auto id = static_cast<id_t>(child.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return std::nullopt;
  if (info.si_code == CLD_EXITED) return ExitStatus::exited(info.si_status);
  return ExitStatus::signaled(info.si_status);
}

}  // namespace hitch
