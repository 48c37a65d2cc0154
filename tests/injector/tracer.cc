#include "injector/tracer.h"

#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace injector {

namespace {

constexpr unsigned long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                                   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                                   PTRACE_O_EXITKILL;

std::string first_word_of_command_line(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string word;
  std::getline(file, word, '\0');
  return word;
}

pid_t thread_group_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Tgid:")) return static_cast<pid_t>(std::atoi(line.c_str() + 5));
  }
  return pid;
}

std::string name_of_call(std::uint64_t number) {
  char* name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number));
  std::string text = name != nullptr ? name : std::to_string(number);
  std::free(name);
  return text;
}

void set_result(pid_t pid, long result) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
  registers.rax = static_cast<unsigned long long>(result);
  (void)::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
}

/// The kernel makes no call that has this number.
void forget_call(pid_t pid) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
  registers.orig_rax = ~0ULL;
  (void)::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
}

void set_argument(pid_t pid, unsigned which, std::uint64_t value) {
  constexpr std::array kPlaces{&user_regs_struct::rdi, &user_regs_struct::rsi,
                               &user_regs_struct::rdx, &user_regs_struct::r10,
                               &user_regs_struct::r8,  &user_regs_struct::r9};
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
  registers.*kPlaces[which] = value;
  (void)::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
}

bool write_memory(pid_t pid, std::uint64_t address, std::uint64_t value) {
  const iovec local{&value, sizeof value};
  const iovec remote{reinterpret_cast<void*>(address), sizeof value};
  return ::process_vm_writev(pid, &local, 1, &remote, 1, 0) == sizeof value;
}

}  // namespace

void Tracer::go_on(pid_t pid, int signal) {
  (void)::ptrace(PTRACE_SYSCALL, pid, nullptr, static_cast<long>(signal));
}

void Tracer::let_go(pid_t pid, int signal) {
  (void)::ptrace(PTRACE_DETACH, pid, nullptr, static_cast<long>(signal));
}

bool Tracer::start(char* const* argv) {
  int gate[2];
  if (::pipe(gate) != 0) return false;
  main_ = ::fork();
  if (main_ < 0) return false;
  if (main_ == 0) {
    char byte = 0;
    (void)::close(gate[1]);
    (void)!::read(gate[0], &byte, 1);
    (void)::close(gate[0]);
    ::execv(argv[0], argv);
    ::_exit(127);
  }
  (void)::close(gate[0]);
  const bool seized = ::ptrace(PTRACE_SEIZE, main_, nullptr, kOptions) == 0;
  traced_[main_] = {.role = Role::kHitch, .group = main_};
  (void)::close(gate[1]);
  if (!seized) std::perror("inject: cannot trace");
  return seized;
}

int Tracer::run(char* const* argv) {
  if (!start(argv)) return -1;
  if (::ptrace(PTRACE_INTERRUPT, main_, nullptr, nullptr) != 0) return -1;
  int end = -1;
  while (!traced_.empty()) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) break;
    if (WIFSTOPPED(status)) {
      take_stop(pid, status);
      continue;
    }
    traced_.erase(pid);
    if (pid == main_) end = status;
  }
  return end;
}

void Tracer::take_stop(pid_t pid, int status) {
  const int signal = WSTOPSIG(status), event = status >> 16;
  if (signal == (SIGTRAP | 0x80)) return take_call(pid);
  if (event != 0) return take_event(pid, event, signal);
  go_on(pid, signal);
}

void Tracer::take_event(pid_t pid, int event, int signal) {
  switch (event) {
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      take_birth(pid);
      return go_on(pid);
    case PTRACE_EVENT_EXEC:
      return take_exec(pid);
    case PTRACE_EVENT_STOP: {
      const bool stays =
          signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
      if (stays) {
        (void)::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);
        return;
      }
      auto& traced = traced_[pid];
      traced.stopped = traced.role == Role::kUnknown;
      if (!traced.stopped) go_on(pid);
      return;
    }
    default:
      return go_on(pid);
  }
}

void Tracer::take_birth(pid_t parent) {
  unsigned long message = 0;
  if (::ptrace(PTRACE_GETEVENTMSG, parent, nullptr, &message) != 0) return;
  const auto pid = static_cast<pid_t>(message);
  auto& born = traced_[pid];
  const auto& creator = traced_[parent];
  born.group = thread_group_of(pid);
  if (born.group == creator.group) {
    born.role = creator.role;
  } else if (creator.role == Role::kHitch) {
    born.role = Role::kEarly;
  } else {
    born.role = Role::kChild;
  }
  if (born.stopped) go_on(pid);
  born.stopped = false;
}

void Tracer::take_exec(pid_t pid) {
  auto& traced = traced_[pid];
  if (traced.role == Role::kHitch) return go_on(pid);
  if (traced.role == Role::kEarly && first_word_of_command_line(pid) == "hitch-init") {
    traced.role = Role::kInit;
    return go_on(pid);
  }
  traced_.erase(pid);
  let_go(pid);
}

void Tracer::take_call(pid_t pid) {
  auto& traced = traced_[pid];
  traced.inside = !traced.inside;
  if (traced.inside) {
    enter(pid, traced);
  } else {
    leave(pid, traced);
  }
  go_on(pid);
}

void Tracer::enter(pid_t pid, Traced& traced) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
  Call call{.role = traced.role, .pid = pid, .name = name_of_call(registers.orig_rax)};
  call.arguments = {registers.rdi, registers.rsi, registers.rdx,
                    registers.r10, registers.r8,  registers.r9};
  if (record_) std::fprintf(report_, "call %s %s\n", name_of(call.role), call.name.c_str());
  for (auto& rule : rules_) {
    if (!rule.strikes(call)) continue;
    if (report_ != nullptr) {
      std::fprintf(report_, "injected %s %d %s %lu\n", name_of(call.role), static_cast<int>(pid),
                   call.name.c_str(), rule.seen);
      std::fflush(report_);
    }
    carry_out(rule, call, traced);
    return;
  }
}

void Tracer::leave(pid_t pid, Traced& traced) {
  if (traced.replaced) set_result(pid, traced.result);
  traced.replaced = false;
}

void Tracer::carry_out(const Rule& rule, const Call& call, Traced& traced) {
  if (rule.action == Rule::Action::kKill) return kill(rule, call);
  if (rule.action == Rule::Action::kChange) return change(rule, call);
  forget_call(call.pid);
  traced.replaced = true;
  traced.result = rule.result;
}

void Tracer::change(const Rule& rule, const Call& call) {
  for (const auto& change : rule.changes) {
    const auto argument = call.arguments[change.argument];
    if (!change.offset) {
      set_argument(call.pid, change.argument, argument + change.value);
    } else if (!write_memory(call.pid, argument + *change.offset, change.value)) {
      std::perror("inject: put");
    }
  }
}

void Tracer::kill(const Rule& rule, const Call& call) {
  if (rule.victims.empty()) {
    (void)::kill(traced_[call.pid].group, SIGKILL);
    return;
  }
  for (const auto& [pid, traced] : traced_) {
    const bool wanted = rule.victims == "both" || rule.victims == name_of(traced.role);
    const bool victim = traced.role == Role::kHitch || traced.role == Role::kInit;
    if (wanted && victim && pid == traced.group) (void)::kill(pid, SIGKILL);
  }
}

}  // namespace injector
