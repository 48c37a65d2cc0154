// Issues every system call number in each ABI that this kernel runs, and some with arguments, and
// prints which ones the filter of a bundle refuses: "x86_64 165 EPERM". Nothing is carried out: a
// second filter, of its own, hands what the first one allows to a tracer that is not there, which
// gives ENOSYS. An errno counts more than that. seccomp(2)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <string>

#include "fixture_programs/fixture.h"

namespace {

constexpr long kNumbers = 1024;
// The kernel makes these itself, in programs that are traced, shows them to no filter, and ends who
// makes them otherwise.
constexpr long kUretprobe = 335, kUprobe = 336;
constexpr long kX32 = 0x40000000, kHigh = 1L << 32;

/// All but what this program needs afterwards: to write to stdout, and to end with 0.
bool hold_all_calls() {
  constexpr auto number = static_cast<unsigned>(offsetof(seccomp_data, nr));
  constexpr auto first = static_cast<unsigned>(offsetof(seccomp_data, args[0]));
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<unsigned>(offsetof(seccomp_data, arch))},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 7, AUDIT_ARCH_X86_64},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, number},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, SYS_exit_group},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, first},
      {BPF_JMP | BPF_JEQ | BPF_K, 4, 3, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, SYS_write},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, first},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{sizeof rules / sizeof *rules, rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// @return 0 or errno
long call_64(long number, long a, long b, long c) {
  return ::syscall(number, a, b, c, -1L, -1L, -1L) == -1 ? errno : 0;
}

/// By the gate for programs of 32 bits.
long call_32(long number, long a, long b, long c) {
  long result = number;
  asm volatile("int $0x80" : "+a"(result) : "b"(a), "c"(b), "d"(c), "S"(-1L), "D"(-1L) : "memory");
  const int value = static_cast<int>(result);
  return value < 0 && value > -4096 ? -value : 0;
}

/// In one write, as no memory can be had any more.
void print(const char* abi, long number, const char* arguments, long err) {
  char line[128];
  const char* name = err == 0 ? "carried out" : strerrorname_np(static_cast<int>(err));
  const int length = std::snprintf(line, sizeof line, "%s %ld%s%s %s\n", abi, number,
                                   *arguments != '\0' ? " " : "", arguments, name);
  (void)!::write(1, line, static_cast<std::size_t>(length));
}

struct Special {
  const char* abi;
  long number;
  const char* arguments;
  long a, b;
};
constexpr Special kSpecial[] = {
    {"x86_64", SYS_clone, "SIGCHLD", SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWUSER", CLONE_NEWUSER | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWNS", CLONE_NEWNS | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWPID+high", kHigh | CLONE_NEWPID | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWNET", CLONE_NEWNET | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWIPC", CLONE_NEWIPC | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWUTS", CLONE_NEWUTS | SIGCHLD, 0},
    {"x86_64", SYS_clone, "NEWCGROUP", CLONE_NEWCGROUP | SIGCHLD, 0},
    {"x86_64", SYS_unshare, "FILES", CLONE_FILES, 0},
    {"x86_64", SYS_unshare, "NEWUSER", CLONE_NEWUSER, 0},
    {"x86_64", SYS_unshare, "NEWTIME", 0x80, 0},
    {"x86_64", SYS_ioctl, "TCGETS", 0, TCGETS},
    {"x86_64", SYS_ioctl, "TIOCSTI", 0, TIOCSTI},
    {"x86_64", SYS_ioctl, "TIOCSTI+high", 0, TIOCSTI | kHigh},
    {"x86_64", SYS_ioctl, "TIOCLINUX", 0, TIOCLINUX},
    {"x86_64", SYS_ioctl, "TIOCLINUX+high", 0, TIOCLINUX | kHigh},
    {"x86_64", SYS_personality, "query", 0xffffffff, 0},
    {"x86_64", SYS_personality, "ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE, 0},
    {"x86_64", SYS_personality, "READ_IMPLIES_EXEC", READ_IMPLIES_EXEC, 0},
    {"x86_64", SYS_personality, "MMAP_PAGE_ZERO", MMAP_PAGE_ZERO, 0},
    {"x86_64", SYS_socket, "AF_INET", AF_INET, 0},
    {"x86_64", SYS_socket, "AF_UNIX", AF_UNIX, 0},
    {"x86_64", SYS_socket, "AF_ALG", 38, 0},
    {"x86_64", SYS_socket, "AF_ALG+high", 38 | kHigh, 0},
    {"x86_64", SYS_socket, "AF_VSOCK", AF_VSOCK, 0},
    {"x32", SYS_clone, "NEWUSER", CLONE_NEWUSER | SIGCHLD, 0},
    {"x32", SYS_socket, "AF_ALG", 38, 0},
    {"i386", 120, "clone SIGCHLD", SIGCHLD, 0},
    {"i386", 120, "clone NEWUSER", CLONE_NEWUSER | SIGCHLD, 0},
    {"i386", 310, "unshare NEWUSER", CLONE_NEWUSER, 0},
    {"i386", 54, "ioctl TIOCSTI", 0, TIOCSTI},
    {"i386", 136, "personality READ_IMPLIES_EXEC", READ_IMPLIES_EXEC, 0},
    {"i386", 359, "socket AF_INET", AF_INET, 0},
    {"i386", 359, "socket AF_ALG", 38, 0},
    {"i386", 102, "socketcall SYS_SOCKET", 1, 0},
    {"i386", 102, "socketcall SYS_BIND", 2, 0},
};

long call(const char* abi, long number, long a, long b, long c) {
  if (std::strcmp(abi, "i386") == 0) return call_32(number, a, b, c);
  return call_64(std::strcmp(abi, "x32") == 0 ? number | kX32 : number, a, b, c);
}

}  // namespace

int main() {
  if (!hold_all_calls()) return 1;
  for (const char* abi : {"x86_64", "i386", "x32"}) {
    for (long number = 0; number < kNumbers; ++number) {
      if (number == kUretprobe || number == kUprobe) continue;
      const long err = call(abi, number, -1, -1, -1);
      if (err != ENOSYS) print(abi, number, "", err);
    }
  }
  // These with what is allowed too, which is ENOSYS here.
  for (const auto& one : kSpecial) {
    print(one.abi, one.number, one.arguments, call(one.abi, one.number, one.a, one.b, -1));
  }
  (void)::syscall(SYS_exit_group, 0);
}
