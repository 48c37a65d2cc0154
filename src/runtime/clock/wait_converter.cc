#include "runtime/clock/wait_converter.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "runtime/clock/clock_filter.h"
#include "runtime/clock/task_list.h"
#include "runtime/clock/task_memory.h"
#include "runtime/clock/timer_times.h"

namespace hitch {

namespace {

constexpr std::uint64_t kRedZone = 128;  // what a function may use below its stack pointer
constexpr std::uint64_t kStackAlignment = 16;

/// Whether a POSIX timer of a process goes by the wall clock. /proc/PID/timers in proc(5)
bool is_wall_clock_timer(pid_t task, int timer) {
  const std::string text = proc_text(task, "timers");
  const auto entry = text.find("ID: " + std::to_string(timer) + '\n');
  const auto clock = entry == text.npos ? entry : text.find("ClockID: ", entry);
  if (clock == text.npos) return false;
  int id = -1;
  return std::sscanf(text.c_str() + clock, "ClockID: %d", &id) == 1 && id == CLOCK_REALTIME;
}

template <typename T>
std::optional<T> read_from(pid_t task, std::uint64_t address) {
  T value{};
  if (copy_from_task(task, address, std::as_writable_bytes(std::span(&value, 1))) != 0) {
    return std::nullopt;
  }
  return value;
}

template <typename T>
std::vector<std::byte> bytes_of(const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// The structure that the call should have; empty if it should be left alone.
std::vector<std::byte> converted_time(const HeldCall& call, const ClockSetting& setting) {
  const auto task = static_cast<pid_t>(call.pid);
  if (call.data.nr == SYS_futex) {
    const auto until = read_from<timespec>(task, call.data.args[3]);
    if (!until || !is_valid(*until)) return {};
    return bytes_of(time_for(setting, *until));
  }
  if (!is_wall_clock_timer(task, static_cast<int>(call.data.args[0]))) return {};
  const auto wanted = read_from<itimerspec>(task, call.data.args[2]);
  if (!wanted || !is_armed_and_valid(*wanted)) return {};
  return bytes_of(timer_for(setting, *wanted));
}

enum class Doing { kWaiting, kRunning, kOther };

/// Whether a task waits in a futex until a time on the wall clock, as far as its arguments say, or
/// runs, so that it may be about to. /proc/PID/syscall in proc(5)
Doing what_does(pid_t process, pid_t thread) {
  const std::string text = proc_text(process, "task/" + std::to_string(thread) + "/syscall");
  if (text.starts_with("running")) return Doing::kRunning;
  unsigned long number = 0, operation = 0, timeout = 0;
  if (std::sscanf(text.c_str(), "%lu %*x %lx %*x %lx", &number, &operation, &timeout) != 3 ||
      timeout == 0 || !is_wall_clock_wait(static_cast<std::uint32_t>(operation))) {
    return Doing::kOther;
  }
  // A wait that a stop has broken off goes on as restart_syscall, its arguments where they were.
  const bool waits = number == SYS_futex || (number == SYS_restart_syscall &&
                                             proc_text(thread, "wchan").starts_with("futex"));
  return waits ? Doing::kWaiting : Doing::kOther;
}

/// Makes a task whose wait was broken off begin it anew, if it is one of ours: the thread may have
/// gone on to something else before it was stopped.
void begin_anew(CallRegisters& registers) {
  const bool resumed = registers.number() == SYS_restart_syscall;
  if (registers.number() == SYS_timer_settime) return registers.call_again(SYS_timer_settime);
  if ((resumed || registers.number() == SYS_futex) && registers.time_pointer() != 0 &&
      is_wall_clock_wait(static_cast<std::uint32_t>(registers.second_argument()))) {
    registers.call_again(SYS_futex);
  }
}

}  // namespace

WaitConverter::Conversion* WaitConverter::find(pid_t tid) noexcept {
  const auto found =
      std::find_if(conversions_.begin(), conversions_.end(),
                   [tid](const Conversion& known) { return known.task.tid() == tid; });
  return found == conversions_.end() ? nullptr : &*found;
}

WaitConverter::Answer WaitConverter::take(const CallListener& listener, const HeldCall& call,
                                          const ClockSetting& setting) {
  if (Conversion* const known = find(static_cast<pid_t>(call.pid)); known != nullptr) {
    known->phase = Phase::kWaiting;  // the converted call comes by
    listener.let_through(call);
    return Answer::kTaken;
  }
  auto replacement =
      setting.mode == ClockMode::kReal ? std::vector<std::byte>() : converted_time(call, setting);
  if (replacement.empty() || !listener.still_waits(call)) {
    if (call.data.nr == SYS_futex) remember_passing(static_cast<pid_t>(call.pid));
    listener.let_through(call);
    return Answer::kTaken;
  }
  auto task = TracedTask::seize(static_cast<pid_t>(call.pid));
  if (!task) {
    listener.let_through(call);
    return Answer::kOutOfReach;
  }
  start(listener, call, *std::move(task), std::move(replacement));
  return Answer::kTaken;
}

void WaitConverter::start(const CallListener& listener, const HeldCall& call, TracedTask task,
                          std::vector<std::byte> replacement) {
  // Before the answer: so it stops before it gets back into the program.
  task.interrupt();
  listener.refuse(call, EINTR);
  Conversion conversion(std::move(task), Phase::kStopping);
  conversion.instruction = call.data.instruction_pointer;
  conversion.replacement = std::move(replacement);
  conversions_.push_back(std::move(conversion));
}

void WaitConverter::attend() {
  std::erase_if(conversions_, [this](Conversion& each) { return !attend_one(each); });
}

bool WaitConverter::attend_one(Conversion& conversion) {
  const TaskStop stop = conversion.task.look();
  switch (stop.kind) {
    case TaskStop::Kind::kNone:
      return true;
    case TaskStop::Kind::kGone:
      conversion.task.forget();
      return false;
    case TaskStop::Kind::kAsked:
      if (conversion.phase == Phase::kStopping) return enter(conversion);
      return leave(conversion, 0);
    case TaskStop::Kind::kSystemCall:
      if (conversion.phase != Phase::kEntering) return leave(conversion, 0);
      conversion.phase = Phase::kHeld;
      return conversion.task.run_to_call();
    case TaskStop::Kind::kSignal:
    case TaskStop::Kind::kOther:
      return leave(conversion, stop.signal);
  }
  return false;
}

/// The task stands where it was held: it makes the call again, with another time.
bool WaitConverter::enter(Conversion& conversion) {
  auto registers = conversion.task.registers();
  if (!registers || registers->instruction() != conversion.instruction) {
    conversion.task.let_go(0);
    return false;
  }
  if (conversion.again) {  // a travel came first: the filter will hear of the call anew
    registers->call_again(registers->number());
    (void)conversion.task.set_registers(*registers);
    conversion.task.let_go(0);
    return false;
  }
  conversion.pointer = registers->time_pointer();
  const std::uint64_t copy =
      (registers->stack() - kRedZone - conversion.replacement.size()) & ~(kStackAlignment - 1);
  // Where there is no more stack, the caller's own time has to do.
  const bool has_room = copy_to_task(conversion.task.tid(), copy, conversion.replacement) == 0;
  if (has_room) registers->set_time_pointer(copy);
  registers->call_again(registers->number());
  conversion.phase = Phase::kEntering;
  return conversion.task.set_registers(*registers) && conversion.task.run_to_call();
}

/// Gives the task its registers back and lets it go.
bool WaitConverter::leave(Conversion& conversion, int signal) {
  auto registers = conversion.task.registers();
  if (registers) {
    const bool converted = conversion.pointer != 0;
    if (converted) registers->set_time_pointer(conversion.pointer);
    // Else the kernel would go on with the time it has got. What a signal has broken off is left
    // alone: its caller has to hear of it.
    if (conversion.again && signal == 0 && registers->will_restart()) begin_anew(*registers);
    (void)conversion.task.set_registers(*registers);
  }
  conversion.task.let_go(signal);
  return false;
}

void WaitConverter::leave_wait(pid_t tid) {
  auto task = TracedTask::seize(tid);
  if (!task) return;
  task->interrupt();
  Conversion conversion(*std::move(task), Phase::kLeaving);
  conversion.again = true;
  conversions_.push_back(std::move(conversion));
}

void WaitConverter::wait_again(std::span<const pid_t> processes) {
  for (auto& conversion : conversions_) {
    conversion.again = true;
    conversion.task.interrupt();
  }
  for (const pid_t process : processes) {
    for (const pid_t thread : threads_of(process)) {
      if (find(thread) != nullptr) continue;
      const Doing doing = what_does(process, thread);
      const bool may_begin = doing == Doing::kRunning && passing_.contains(thread);
      if (doing == Doing::kWaiting || may_begin) leave_wait(thread);
    }
  }
  passing_.clear();
}

void WaitConverter::remember_passing(pid_t tid) {
  if (passing_.size() >= kMostPassing) {
    std::erase_if(passing_, [](pid_t old) { return !process_of(old); });
  }
  if (passing_.size() < kMostPassing) passing_.insert(tid);
}

bool WaitConverter::all_wait_again() const noexcept {
  return std::none_of(conversions_.begin(), conversions_.end(),
                      [](const Conversion& each) { return each.again; });
}

}  // namespace hitch
