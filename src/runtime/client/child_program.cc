#include "runtime/client/child_program.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace hitch {

namespace {

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> in_path(std::string_view name) {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return std::nullopt;
  for (std::string_view rest = path; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto file = std::filesystem::path(rest.substr(0, end)) / name;
    if (end > 0 && is_program(file)) return file.string();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

/// What posix_spawn(3) takes, freed with it.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void apply(const ChildPlan& plan) {
    if (plan.in < 0) {
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    } else {
      ::posix_spawn_file_actions_adddup2(&actions_, plan.in, STDIN_FILENO);
    }
    if (plan.out >= 0) ::posix_spawn_file_actions_adddup2(&actions_, plan.out, STDOUT_FILENO);
    if (plan.err >= 0) ::posix_spawn_file_actions_adddup2(&actions_, plan.err, STDERR_FILENO);
    // Onto itself it would lose close-on-exec all the same: glibc sees to that.
    if (plan.as_fd_3 >= 0) ::posix_spawn_file_actions_adddup2(&actions_, plan.as_fd_3, 3);
    if (!plan.directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions_, plan.directory.c_str());
    }
  }

  int spawn(const std::string& program, char* const* argv, pid_t& pid) {
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv, environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Empty if the library does not know where it is. dladdr(3)
std::string installed_with_this_library() {
  static const char kHere = 0;
  Dl_info info{};
  if (::dladdr(&kHere, &info) == 0 || info.dli_fname == nullptr) return "";
  std::error_code ec;  // without an answer there is no such program
  const auto library = std::filesystem::canonical(info.dli_fname, ec);
  return (library.parent_path() / HITCH_PROGRAM_FROM_LIBRARY).lexically_normal();
}

}  // namespace

Result<std::string> hitch_program() {
  if (const char* named = std::getenv("HITCH_BINARY"); named != nullptr && *named != '\0') {
    return std::string(named);
  }
  if (auto found = in_path("hitch")) return *std::move(found);
  if (auto beside = installed_with_this_library(); is_program(beside)) return beside;
  return Error::because("the program 'hitch' is not in PATH")
      .with_hint("install it, or name it in HITCH_BINARY");
}

Result<ChildProgram> ChildProgram::start(const ChildPlan& plan) {
  std::vector<char*> argv;
  for (const auto& word : plan.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  SpawnSettings settings;
  settings.apply(plan);
  pid_t pid = 0;
  if (const int err = settings.spawn(plan.argv.front(), argv.data(), pid); err != 0) {
    return Error::from_errno(err, "start", plan.argv.front());
  }
  auto pidfd = Pidfd::open(pid);
  if (!pidfd) {
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    return std::move(pidfd).error();
  }
  return ChildProgram(pid, *std::move(pidfd));
}

std::optional<int> ChildProgram::wait(const Deadline& deadline) {
  if (exit_code_) return exit_code_;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, static_cast<int>(deadline.left().count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  exit_code_ = reaped != pid_           ? -1
               : WIFEXITED(status) != 0 ? WEXITSTATUS(status)
                                        : 128 + WTERMSIG(status);
  return exit_code_;
}

void ChildProgram::send_signal(int signal) const {
  if (!exit_code_) (void)pidfd_.send_signal(signal);
}

void ChildProgram::kill() {
  send_signal(SIGKILL);
  // A killed process may take a while to go, but not for ever.
  (void)wait(Deadline::in(std::chrono::minutes(1)));
}

}  // namespace hitch
