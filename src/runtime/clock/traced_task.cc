#include "runtime/clock/traced_task.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "runtime/clock/deadline_calls.h"

namespace hitch {

namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // with PTRACE_O_TRACESYSGOOD
// What a call returns that the kernel will start again; never seen by programs. Linux errno.h
constexpr std::int64_t kRestartFirst = -516, kRestartLast = -512, kNoRestart = -515;
constexpr std::int64_t kRestartIfSaid = -512, kRestartAlways = -513, kRestartFromBlock = -516,
                       kRestartWithoutHandler = -514;
constexpr std::uint64_t kSystemCallBytes = 2;  // the length of the instruction

}  // namespace

std::uint64_t CallRegisters::instruction() const noexcept {
  return all_.rip;
}
std::uint64_t CallRegisters::scratch(std::size_t bytes) const noexcept {
  constexpr std::uint64_t kRedZone = 128, kAlignment = 16;
  return (all_.rsp - kRedZone - bytes) & ~(kAlignment - 1);
}
std::uint64_t CallRegisters::number() const noexcept {
  return all_.orig_rax;
}
std::array<std::uint64_t, 6> CallRegisters::arguments() const noexcept {
  return {all_.rdi, all_.rsi, all_.rdx, all_.r10, all_.r8, all_.r9};
}

void CallRegisters::set_argument(unsigned index, std::uint64_t value) noexcept {
  constexpr std::array kPlaces{&user_regs_struct::rdi, &user_regs_struct::rsi,
                               &user_regs_struct::rdx, &user_regs_struct::r10,
                               &user_regs_struct::r8,  &user_regs_struct::r9};
  all_.*kPlaces[index] = value;
}

std::int64_t CallRegisters::result() const noexcept {
  return static_cast<std::int64_t>(all_.rax);
}

bool CallRegisters::will_restart() const noexcept {
  return result() >= kRestartFirst && result() <= kRestartLast && result() != kNoRestart;
}

void CallRegisters::call_again(std::uint64_t number) noexcept {
  all_.rax = number;
  all_.rip -= kSystemCallBytes;
}

void CallRegisters::restart_with_arguments(std::uint64_t number) noexcept {
  all_.orig_rax = number;
  if (result() != kRestartAlways) break_off(instruction());
}

void CallRegisters::break_off(std::uint64_t instruction) noexcept {
  all_.rip = instruction;
  all_.rax = static_cast<std::uint64_t>(restart_code());
}

/// How the kernel's own functions end that were broken off. signal(7)
std::int64_t CallRegisters::restart_code() const noexcept {
  constexpr std::uint64_t kLock = FUTEX_LOCK_PI, kLock2 = 13, kCommand = 0x7f;
  switch (number()) {
    case SYS_timer_settime:
      return kRestartAlways;
    case SYS_futex: {
      const std::uint64_t command = all_.rsi & kCommand;
      return command == kLock || command == kLock2 ? kRestartAlways : kRestartWithoutHandler;
    }
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
    case kFutexWaitv:
    case kFutexWait:
      return kRestartIfSaid;
    default:
      return kRestartWithoutHandler;
  }
}

void CallRegisters::call_for_us(std::uint64_t at, std::uint64_t number,
                                const std::array<std::uint64_t, 4>& arguments) noexcept {
  all_.rip = at;
  all_.rax = number;
  all_.orig_rax = ~std::uint64_t{0};  // in no system call: there is nothing to start again
  for (unsigned i = 0; i < arguments.size(); ++i) set_argument(i, arguments[i]);
}

bool CallRegisters::is_native() const noexcept {
  constexpr std::uint64_t kUserCode64 = 0x33;  // the selector of Linux for code of 64 bits
  return all_.cs == kUserCode64;
}

std::optional<TracedTask> TracedTask::seize(pid_t tid) noexcept {
  if (::ptrace(PTRACE_SEIZE, tid, nullptr, PTRACE_O_TRACESYSGOOD) != 0) return std::nullopt;
  return TracedTask(tid);
}

TracedTask::~TracedTask() {
  if (tid_ != 0) let_go(0);
}

void TracedTask::interrupt() const noexcept {
  (void)::ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr);  // a dead one needs none
}

TaskStop TracedTask::look() const noexcept {
  int status = 0;
  // Of this one alone: others may be somebody else's children.
  const pid_t found = ::waitpid(tid_, &status, __WALL | WNOHANG);
  if (found == 0) return {};
  if (found < 0 || !WIFSTOPPED(status)) return {TaskStop::Kind::kGone, 0};
  const int signal = WSTOPSIG(status);
  if (signal == kSystemCallStop) return {TaskStop::Kind::kSystemCall, 0};
  if (status >> 16 == PTRACE_EVENT_STOP) {
    return {signal == SIGTRAP ? TaskStop::Kind::kAsked : TaskStop::Kind::kOther, 0};
  }
  if (status >> 16 != 0) return {TaskStop::Kind::kOther, 0};
  return {TaskStop::Kind::kSignal, signal};
}

std::optional<CallRegisters> TracedTask::registers() const noexcept {
  CallRegisters registers;
  if (::ptrace(PTRACE_GETREGS, tid_, nullptr, &registers.all_) != 0) return std::nullopt;
  return registers;
}

bool TracedTask::set_registers(const CallRegisters& registers) const noexcept {
  auto all = registers.all_;
  return ::ptrace(PTRACE_SETREGS, tid_, nullptr, &all) == 0;
}

bool TracedTask::run_to_call() const noexcept {
  return ::ptrace(PTRACE_SYSCALL, tid_, nullptr, nullptr) == 0;
}

bool TracedTask::run_on() const noexcept {
  return ::ptrace(PTRACE_CONT, tid_, nullptr, nullptr) == 0;
}

void TracedTask::let_go(int signal) noexcept {
  (void)::ptrace(PTRACE_DETACH, std::exchange(tid_, 0), nullptr, signal);
}

}  // namespace hitch
