// starts HOW PROGRAM [ARGUMENT…]: executes a program in an unusual way.

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string_view>

namespace {

char** g_program;

void* execute(void*) {
  execvp(g_program[0], g_program);
  _exit(127);
}

/// From a thread that is not the first, while others run.
int from_thread() {
  pthread_t idle, other;
  pthread_create(
      &idle, nullptr,
      [](void*) -> void* {
        for (;;) pause();
      },
      nullptr);
  pthread_create(&other, nullptr, execute, nullptr);
  for (;;) pause();
}

int spawned() {
  pid_t pid = 0;
  if (posix_spawnp(&pid, g_program[0], nullptr, nullptr, g_program, environ) != 0) return 127;
  int status = 0;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

int by_vfork() {
  const pid_t pid = vfork();
  if (pid == 0) {
    execvp(g_program[0], g_program);
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

int by_descriptor() {
  const int fd = open(g_program[0], O_PATH | O_CLOEXEC);
  fexecve(fd, g_program, environ);
  return 127;
}

/// After many that fail with `error`.
int after_failures(int error) {
  char* none[] = {nullptr};
  static char long_word[1 << 18];
  for (auto& c : long_word) c = 'x';
  long_word[sizeof long_word - 1] = 0;
  char* too_long[] = {long_word, nullptr};
  for (int i = 0; i < 100; ++i) {
    if (error == ENOENT) execve("/nonexistent", g_program, none);
    if (error == EACCES) execve("/", g_program, none);
    if (error == E2BIG) execve(g_program[0], too_long, none);
    if (errno != error) return 3;
  }
  execute(nullptr);
  return 127;
}

/// So many times, by eight processes at once.
int storm(int count) {
  constexpr int kAtOnce = 8;
  for (int i = 0; i < kAtOnce; ++i) {
    if (fork() != 0) continue;
    for (int j = 0; j < count / kAtOnce; ++j) {
      if (const int code = spawned(); code != 0) _exit(code);
    }
    _exit(0);
  }
  int worst = 0, status = 0;
  while (wait(&status) > 0) worst |= status;
  return worst == 0 ? 0 : 1;
}

/// So many programs, each killed some time in its first quarter of a millisecond, and then as many
/// that are not.
int killed(int count) {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (int i = 0; i < count; ++i) {
    const pid_t child = vfork();
    if (child == 0) {
      dup2(nowhere, STDOUT_FILENO);
      execv(g_program[0], g_program);
      _exit(127);
    }
    const timespec moment{0, i % 250 * 1000L};
    nanosleep(&moment, nullptr);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  for (int i = 0; i < count; ++i) {
    if (const int code = spawned(); code != 0) return code;
  }
  return 0;
}

/// Without an environment and without standard streams but output.
int bare() {
  char* none[] = {nullptr};
  close(STDIN_FILENO);
  close(STDERR_FILENO);
  execve(g_program[0], g_program, none);
  return 127;
}

int with_descriptors(rlim_t count) {
  const rlimit limit{count, count};
  setrlimit(RLIMIT_NOFILE, &limit);
  execute(nullptr);
  return 127;
}

/// Reads the clock only after it has given up nearly every system call, close among them.
int in_sandbox() {
  const sock_filter rules[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                               {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_write},
                               {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_exit_group},
                               {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
                               {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  const sock_fprog program{5, const_cast<sock_filter*>(rules)};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  char text[32];
  const int length = snprintf(text, sizeof text, "%ld\n", now.tv_sec);
  const ssize_t n = write(STDOUT_FILENO, text, static_cast<size_t>(length));
  _exit(n == length ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string_view how = argv[1];
  g_program = argv + 2;
  if (how == "sandbox") return in_sandbox();
  if (argc < 3) return 2;
  if (how == "thread") return from_thread();
  if (how == "spawn") return spawned();
  if (how == "vfork") return by_vfork();
  if (how == "fexecve") return by_descriptor();
  if (how == "ENOENT") return after_failures(ENOENT);
  if (how == "EACCES") return after_failures(EACCES);
  if (how == "E2BIG") return after_failures(E2BIG);
  if (how == "storm") {
    ++g_program;
    return storm(atoi(argv[2]));
  }
  if (how == "killed") {
    ++g_program;
    return killed(atoi(argv[2]));
  }
  if (how == "bare") return bare();
  if (how == "descriptors") return with_descriptors(3);
  return 2;
}
