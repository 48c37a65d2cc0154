#include "runtime/logs/jq_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace hitch {

namespace {

/// How long the kernel may take to end what was killed: it frees memory. A process that hangs in
/// the kernel is left to it.
constexpr int kReapMilliseconds = 1000;
/// Of a program whose libraries are missing. ld.so(8)
constexpr int kNotLoaded = 127;

/// What posix_spawn(3) does in the child: the socket as input, nothing else of ours, a session of
/// its own, so that Ctrl-C is for hitch alone, and no signal ignored or blocked.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
    // libjq writes there what an Error shall not say twice.
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
      ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_WRONLY, 0);
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
  int spawn(const char* program, pid_t* pid) const {
    const std::array<const char*, 2> argv{"hitch-jq", nullptr};
    return ::posix_spawn(pid, program, &actions_, &attributes_,
                         const_cast<char* const*>(argv.data()), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

ExitStatus status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return ExitStatus::exited(info.si_status);
  return ExitStatus::signaled(info.si_status);
}

Error explain_end(const std::optional<ExitStatus>& status) {
  if (!status) return Error::because("hitch-jq has ended");
  if (*status == ExitStatus::exited(kNotLoaded)) {
    return Error::because("load hitch-jq: a library is missing")
        .with_hint("install the package libjq1 (Debian, Ubuntu) or the library of jq 1.6 or later");
  }
  return Error::because("hitch-jq " + status->text());
}

}  // namespace

Result<JqProcess> JqProcess::start(const std::filesystem::path& program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "create a socket pair");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  pid_t pid = 0;
  if (const int err = SpawnPlan(theirs.get()).spawn(program.c_str(), &pid); err != 0) {
    auto error = Error::from_errno(err, "start", program.native());
    if (err != ENOENT) return error;
    return std::move(error).with_hint("it is a part of hitch: install all of it");
  }
  auto process = Pidfd::open(pid);  // still that one: nobody but us reaps it
  if (!process) {
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    return std::move(process).error();
  }
  return JqProcess(std::move(ours), *std::move(process));
}

JqProcess& JqProcess::operator=(JqProcess&& other) noexcept {
  (void)end();
  socket_ = std::move(other.socket_);
  process_ = std::move(other.process_);
  return *this;
}

Result<Frame> JqProcess::ask(FrameKind kind, std::string_view payload, const Deadline& deadline) {
  if (!socket_.is_open()) return explain_end(std::nullopt);
  Frame answer;
  int err = send_frame(socket_.get(), kind, payload, &deadline);
  if (err == 0) err = receive_frame(socket_.get(), answer, &deadline);
  if (err == 0) return answer;
  const auto status = end();
  if (err == EPIPE) return explain_end(status);
  if (err == ETIMEDOUT) return Error::because("hitch-jq did not answer", Kind::kTimeout);
  return Error::from_errno(err, "talk to", "hitch-jq");
}

/// Kills the process, unless it has ended, and reaps it.
std::optional<ExitStatus> JqProcess::end() {
  socket_.reset();
  const Pidfd process = std::move(process_);
  if (!process.is_open()) return std::nullopt;
  (void)process.send_signal(SIGKILL);  // of one that has ended it changes nothing
  pollfd ended{process.get(), POLLIN, 0};
  while (::poll(&ended, 1, kReapMilliseconds) < 0 && errno == EINTR) {
  }
  siginfo_t info{};
  const auto id = static_cast<id_t>(process.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return std::nullopt;
  return status_of(info);
}

}  // namespace hitch
