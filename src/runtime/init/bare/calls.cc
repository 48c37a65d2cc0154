// The C library's names for the system calls that init makes, and nothing between the two. The
// declarations are those of the C library's headers, so a wrong one does not compile; the
// structures are the kernel's, which on x86-64 are the same but for sigset_t. syscalls(2)

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdarg>
#include <ctime>

#include "runtime/init/bare/raw_call.h"

using hitch::call;
using hitch::word;

namespace {

int number(long result) noexcept {
  return static_cast<int>(result);
}

/// The kernel's set of signals: one word, the first of the C library's.
constexpr long kSignalBytes = 8;

}  // namespace

extern "C" {

// One thread, and copies of it: one place for the last error is enough.
int* __errno_location() noexcept {
  static int last;
  return &last;
}

// Of any number of arguments. What was not passed is what is left in a register, as in the C
// library, and the kernel looks at none of it.
long syscall(long which, ...) noexcept {
  va_list rest;
  va_start(rest, which);
  long words[6];
  for (long& each : words) each = va_arg(rest, long);
  va_end(rest);
  return call(which, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int prctl(int option, ...) noexcept {
  va_list rest;
  va_start(rest, option);
  long words[4];
  for (long& each : words) each = va_arg(rest, long);
  va_end(rest);
  return number(call(SYS_prctl, option, words[0], words[1], words[2], words[3]));
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  const long argument = va_arg(rest, long);
  va_end(rest);
  return number(call(SYS_ioctl, fd, static_cast<long>(request), argument));
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  return number(call(SYS_open, word(path), flags, mode));
}

int openat(int directory, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  return number(call(SYS_openat, directory, word(path), flags, mode));
}

// Descriptors.
int close(int fd) {
  return number(call(SYS_close, fd));
}
int dup2(int from, int to) noexcept {
  return number(call(SYS_dup2, from, to));
}
int pipe2(int* ends, int flags) noexcept {
  return number(call(SYS_pipe2, word(ends), flags));
}
ssize_t read(int fd, void* into, size_t bytes) {
  return call(SYS_read, fd, word(into), static_cast<long>(bytes));
}
ssize_t write(int fd, const void* from, size_t bytes) {
  return call(SYS_write, fd, word(from), static_cast<long>(bytes));
}
ssize_t pread(int fd, void* into, size_t bytes, off_t at) {
  return call(SYS_pread64, fd, word(into), static_cast<long>(bytes), at);
}
ssize_t pwrite(int fd, const void* from, size_t bytes, off_t at) {
  return call(SYS_pwrite64, fd, word(from), static_cast<long>(bytes), at);
}
ssize_t getdents64(int fd, void* into, size_t bytes) noexcept {
  return call(SYS_getdents64, fd, word(into), static_cast<long>(bytes));
}
int poll(pollfd* entries, nfds_t count, int milliseconds) {
  return number(call(SYS_poll, word(entries), static_cast<long>(count), milliseconds));
}
int socket(int family, int type, int protocol) noexcept {
  return number(call(SYS_socket, family, type, protocol));
}
ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  return call(SYS_sendmsg, socket, word(message), flags);
}
ssize_t recvmsg(int socket, msghdr* message, int flags) {
  return call(SYS_recvmsg, socket, word(message), flags);
}

// Files.
int stat(const char* path, struct stat* into) noexcept {
  return number(call(SYS_stat, word(path), word(into)));
}
int fstat(int fd, struct stat* into) noexcept {
  return number(call(SYS_fstat, fd, word(into)));
}
int fstatat(int directory, const char* path, struct stat* into, int flags) noexcept {
  return number(call(SYS_newfstatat, directory, word(path), word(into), flags));
}
int statx(int directory, const char* path, int flags, unsigned mask, struct statx* into) noexcept {
  return number(call(SYS_statx, directory, word(path), flags, mask, word(into)));
}
int mkdir(const char* path, mode_t mode) noexcept {
  return number(call(SYS_mkdir, word(path), mode));
}
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return number(call(SYS_mkdirat, directory, word(path), mode));
}
int mknod(const char* path, mode_t mode, dev_t device) noexcept {
  return number(call(SYS_mknod, word(path), mode, static_cast<long>(device)));
}
int unlinkat(int directory, const char* path, int flags) noexcept {
  return number(call(SYS_unlinkat, directory, word(path), flags));
}
int symlink(const char* content, const char* path) noexcept {
  return number(call(SYS_symlink, word(content), word(path)));
}
ssize_t readlink(const char* path, char* into, size_t bytes) noexcept {
  return call(SYS_readlink, word(path), word(into), static_cast<long>(bytes));
}
int chmod(const char* path, mode_t mode) noexcept {
  return number(call(SYS_chmod, word(path), mode));
}
int fchownat(int directory, const char* path, uid_t uid, gid_t gid, int flags) noexcept {
  return number(call(SYS_fchownat, directory, word(path), uid, gid, flags));
}
mode_t umask(mode_t mask) noexcept {
  return static_cast<mode_t>(call(SYS_umask, mask));
}
int chdir(const char* path) noexcept {
  return number(call(SYS_chdir, word(path)));
}
int fchdir(int fd) noexcept {
  return number(call(SYS_fchdir, fd));
}
int chroot(const char* path) noexcept {
  return number(call(SYS_chroot, word(path)));
}

// Processes.
void _exit(int code) {
  for (;;) (void)call(SYS_exit_group, code);
}
int execve(const char* path, char* const* argv, char* const* envp) noexcept {
  return number(call(SYS_execve, word(path), word(argv), word(envp)));
}
pid_t wait4(pid_t pid, int* status, int options, rusage* usage) noexcept {
  return number(call(SYS_wait4, pid, word(status), options, word(usage)));
}
pid_t waitpid(pid_t pid, int* status, int options) {
  return number(call(SYS_wait4, pid, word(status), options));
}
int kill(pid_t pid, int signal) noexcept {
  return number(call(SYS_kill, pid, signal));
}
pid_t getpid() noexcept {
  return number(call(SYS_getpid));
}
pid_t getppid() noexcept {
  return number(call(SYS_getppid));
}
pid_t getpgid(pid_t pid) noexcept {
  return number(call(SYS_getpgid, pid));
}
pid_t setsid() noexcept {
  return number(call(SYS_setsid));
}
uid_t geteuid() noexcept {
  return static_cast<uid_t>(call(SYS_geteuid));
}
int setgroups(size_t count, const gid_t* groups) noexcept {
  return number(call(SYS_setgroups, static_cast<long>(count), word(groups)));
}
int setresgid(gid_t real, gid_t effective, gid_t saved) noexcept {
  return number(call(SYS_setresgid, real, effective, saved));
}
int setresuid(uid_t real, uid_t effective, uid_t saved) noexcept {
  return number(call(SYS_setresuid, real, effective, saved));
}
int getrlimit(__rlimit_resource_t resource, rlimit* limit) noexcept {
  return number(call(SYS_prlimit64, 0, resource, 0, word(limit)));
}
int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  return number(call(SYS_prlimit64, 0, resource, word(limit)));
}
int personality(unsigned long persona) noexcept {
  return number(call(SYS_personality, static_cast<long>(persona)));
}
int unshare(int flags) noexcept {
  return number(call(SYS_unshare, flags));
}
int sethostname(const char* name, size_t bytes) noexcept {
  return number(call(SYS_sethostname, word(name), static_cast<long>(bytes)));
}
int clock_gettime(clockid_t clock, timespec* into) noexcept {
  return number(call(SYS_clock_gettime, clock, word(into)));
}

// Signals.
int sigemptyset(sigset_t* set) noexcept {
  for (auto& each : set->__val) each = 0;
  return 0;
}
int sigfillset(sigset_t* set) noexcept {
  for (auto& each : set->__val) each = ~0UL;
  return 0;
}
int sigaddset(sigset_t* set, int signal) noexcept {
  set->__val[0] |= 1UL << (signal - 1);
  return 0;
}
int sigdelset(sigset_t* set, int signal) noexcept {
  set->__val[0] &= ~(1UL << (signal - 1));
  return 0;
}
int sigprocmask(int how, const sigset_t* set, sigset_t* before) noexcept {
  return number(call(SYS_rt_sigprocmask, how, word(set), word(before), kSignalBytes));
}
int sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* timeout) {
  return number(call(SYS_rt_sigtimedwait, word(set), word(info), word(timeout), kSignalBytes));
}
int sigwaitinfo(const sigset_t* set, siginfo_t* info) {
  return sigtimedwait(set, info, nullptr);
}
int signalfd(int fd, const sigset_t* set, int flags) noexcept {
  return number(call(SYS_signalfd4, fd, word(set), kSignalBytes, flags));
}
/// For SIG_DFL and SIG_IGN. A handler would need a way back.
sighandler_t signal(int which, sighandler_t action) noexcept {
  struct {
    sighandler_t action;
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } wanted{action, 0, nullptr, 0}, before{};
  const long result = call(SYS_rt_sigaction, which, word(&wanted), word(&before), kSignalBytes);
  return result == 0 ? before.action : SIG_ERR;
}
}
