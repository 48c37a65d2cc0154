// starts HOW PROGRAM [ARGUMENT…]: executes a program in an unusual way.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
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

/// After many that fail.
int after_failures() {
  char* none[] = {nullptr};
  for (int i = 0; i < 100; ++i) execve("/nonexistent", g_program, none);
  execute(nullptr);
  return 127;
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
  if (how == "failures") return after_failures();
  if (how == "bare") return bare();
  if (how == "descriptors") return with_descriptors(3);
  return 2;
}
