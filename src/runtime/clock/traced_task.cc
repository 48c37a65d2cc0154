#include "runtime/clock/traced_task.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

namespace hitch {

namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // with PTRACE_O_TRACESYSGOOD
// What a call returns that the kernel will start again; never seen by programs. Linux errno.h
constexpr std::int64_t kRestartFirst = -516, kRestartLast = -512, kNoRestart = -515;
constexpr std::uint64_t kSystemCallBytes = 2;  // the length of the instruction

}  // namespace

std::uint64_t CallRegisters::instruction() const noexcept {
  return all_.rip;
}
std::uint64_t CallRegisters::stack() const noexcept {
  return all_.rsp;
}
std::uint64_t CallRegisters::number() const noexcept {
  return all_.orig_rax;
}
std::uint64_t CallRegisters::second_argument() const noexcept {
  return all_.rsi;
}

// futex has it as its fourth argument, timer_settime as its third.
std::uint64_t CallRegisters::time_pointer() const noexcept {
  return all_.orig_rax == SYS_timer_settime ? all_.rdx : all_.r10;
}

void CallRegisters::set_time_pointer(std::uint64_t address) noexcept {
  (all_.orig_rax == SYS_timer_settime ? all_.rdx : all_.r10) = address;
}

bool CallRegisters::will_restart() const noexcept {
  const auto result = static_cast<std::int64_t>(all_.rax);
  return result >= kRestartFirst && result <= kRestartLast && result != kNoRestart;
}

void CallRegisters::call_again(std::uint64_t number) noexcept {
  all_.rax = number;
  all_.rip -= kSystemCallBytes;
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

void TracedTask::let_go(int signal) noexcept {
  (void)::ptrace(PTRACE_DETACH, std::exchange(tid_, 0), nullptr, signal);
}

}  // namespace hitch
