#include "runtime/clock/wait_converter.h"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "runtime/clock/deadline_calls.h"
#include "runtime/clock/task_list.h"
#include "runtime/clock/task_memory.h"
#include "runtime/clock/timer_times.h"

namespace hitch {

namespace {

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

bool is_sleep_by_tai(const HeldCall& call) noexcept {
  return call.data.nr == SYS_clock_nanosleep &&
         static_cast<clockid_t>(call.data.args[0]) == CLOCK_TAI;
}

/// The structure that a waiting call should have; empty if it should be left alone.
std::vector<std::byte> converted_wait(const HeldCall& call, unsigned argument,
                                      const ClockSetting& setting) {
  const auto until = read_from<timespec>(static_cast<pid_t>(call.pid), call.data.args[argument]);
  if (!until || !is_valid(*until)) return {};
  const std::int64_t ahead = is_sleep_by_tai(call) ? tai_offset() : 0;
  timespec converted = time_for(setting, {until->tv_sec - ahead, until->tv_nsec});
  converted.tv_sec += ahead;
  return bytes_of(converted);
}

enum class Doing { kWaiting, kRunning, kOther };

/// Whether a task waits until a time on the wall clock, as far as its arguments say, or runs, so
/// that it may be about to. /proc/PID/syscall in proc(5)
Doing what_does(pid_t process, pid_t thread) {
  const std::string text = proc_text(process, "task/" + std::to_string(thread) + "/syscall");
  if (text.starts_with("running")) return Doing::kRunning;
  unsigned long number = 0;
  std::array<std::uint64_t, 6> arguments{};
  if (std::sscanf(text.c_str(), "%lu %lx %lx %lx %lx %lx %lx", &number, arguments.data(),
                  &arguments[1], &arguments[2], &arguments[3], &arguments[4], &arguments[5]) != 7) {
    return Doing::kOther;
  }
  // A futex that a stop has broken off goes on as restart_syscall, its arguments where they were.
  const bool goes_on =
      number == SYS_restart_syscall && proc_text(thread, "wchan").starts_with("futex");
  return waits_for_wall_clock(goes_on ? SYS_futex : number, arguments) ? Doing::kWaiting
                                                                       : Doing::kOther;
}

/// Makes a task whose call was broken off begin it anew, if it is one of ours: the thread may have
/// gone on to something else before it was stopped.
void begin_anew(CallRegisters& registers) {
  const std::uint64_t number = registers.number();
  const std::uint64_t meant = number == SYS_restart_syscall ? SYS_futex : number;
  if (number == SYS_timer_settime || waits_for_wall_clock(meant, registers.arguments())) {
    registers.restart_with_arguments(meant);
  }
}

constexpr std::int64_t kFilterBrokenOff = -512;  // ERESTARTSYS of Linux

/// Calls that a stop ends with EINTR although no signal has come. A program that is not traced
/// hardly ever meets that. "Interruption by stop signals" in signal(7)
bool ends_at_a_stop(std::uint64_t number) noexcept {
  constexpr std::array<std::uint64_t, 6> kCalls{
      SYS_epoll_wait,      SYS_epoll_pwait, 441 /* epoll_pwait2 */,
      SYS_rt_sigtimedwait, SYS_semop,       SYS_semtimedop};
  return std::ranges::count(kCalls, number) != 0;
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
    return take_known(listener, call, *known);
  }
  return call.data.nr == SYS_timer_settime ? take_timer(listener, call, setting)
                                           : take_wait(listener, call, setting);
}

/// The converted call comes by, or a timer is set for us; or a travel has asked a task to stop that
/// is only now heard of, with a time that nobody has converted.
WaitConverter::Answer WaitConverter::take_known(const CallListener& listener, const HeldCall& call,
                                                Conversion& known) {
  const bool on_errand = known.errand && known.errand->has_begun();
  if (known.phase == Phase::kLeaving && !on_errand) {
    known.phase = Phase::kStopping;  // and makes the call anew from there
    known.instruction = call.data.instruction_pointer;
    listener.refuse(call, EINTR);
    return Answer::kTaken;
  }
  if (on_errand) {
    // Another thread may have set the timer meanwhile: that is the younger wish.
    if (!known.errand->is_current()) {
      listener.refuse(call, EINTR);
      return Answer::kTaken;
    }
  } else {
    known.phase = Phase::kWaiting;
  }
  listener.let_through(call);
  return Answer::kTaken;
}

WaitConverter::Answer WaitConverter::take_wait(const CallListener& listener, const HeldCall& call,
                                               const ClockSetting& setting) {
  const auto argument = time_argument(static_cast<std::uint64_t>(call.data.nr));
  const bool goes_on = setting.mode == ClockMode::kReal;
  if (goes_on && call.data.nr == SYS_clock_nanosleep && is_traced(static_cast<pid_t>(call.pid))) {
    return Answer::kOutOfReach;  // for the next travel
  }
  auto replacement =
      goes_on || !argument ? std::vector<std::byte>() : converted_wait(call, *argument, setting);
  if (!replacement.empty() && listener.still_waits(call)) {
    return convert(listener, call, std::move(replacement));
  }
  remember_passing(static_cast<pid_t>(call.pid));
  listener.let_through(call);
  return Answer::kTaken;
}

/// At the machine's own time too: one that is let through may be armed only after a travel has
/// looked for those that are.
WaitConverter::Answer WaitConverter::take_timer(const CallListener& listener, const HeldCall& call,
                                                const ClockSetting& setting) {
  const auto task = static_cast<pid_t>(call.pid);
  const auto process = process_of(task);
  PosixTimer timer;
  timer.id = static_cast<int>(call.data.args[0]);
  const auto clock = clock_of_timer(task, timer.id);
  const auto wanted = read_from<itimerspec>(task, call.data.args[2]);
  constexpr std::array kWallClocks{CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_TAI};
  const bool is_wall_clock = clock && std::ranges::count(kWallClocks, *clock) != 0;
  if (!process || !is_wall_clock || !wanted || !listener.still_waits(call)) {
    listener.let_through(call);
    return Answer::kTaken;
  }
  if (!is_armed_and_valid(*wanted)) {
    timers_.forget(*process, timer.id);
    listener.let_through(call);
    return Answer::kTaken;
  }
  timer.is_tai = clock == CLOCK_TAI;
  timer.setting = setting;
  timer.interval = {wanted->it_interval.tv_sec, wanted->it_interval.tv_nsec};
  const std::int64_t ahead = timer.is_tai ? tai_offset() : 0;
  const ClockTime fake{wanted->it_value.tv_sec - ahead, wanted->it_value.tv_nsec};
  timer.real = time_to_arm(setting, fake);
  const itimerspec converted{wanted->it_interval, {timer.real.sec + ahead, timer.real.nsec}};
  timers_.note(*process, timer);
  const auto answer = convert(listener, call, bytes_of(converted));
  if (answer == Answer::kOutOfReach) timers_.forget(*process, timer.id);
  return answer;
}

WaitConverter::Answer WaitConverter::convert(const CallListener& listener, const HeldCall& call,
                                             std::vector<std::byte> replacement) {
  auto task = TracedTask::seize(static_cast<pid_t>(call.pid));
  if (!task) return Answer::kOutOfReach;
  // Before the answer: so it stops before it gets back into the program.
  task->interrupt();
  listener.refuse(call, EINTR);
  Conversion conversion(*std::move(task), Phase::kStopping);
  conversion.instruction = call.data.instruction_pointer;
  conversion.time_argument = time_argument(static_cast<std::uint64_t>(call.data.nr)).value_or(0);
  conversion.replacement = std::move(replacement);
  conversions_.push_back(std::move(conversion));
  return Answer::kTaken;
}

void WaitConverter::attend() {
  std::erase_if(conversions_, [this](Conversion& each) { return !attend_one(each); });
  for (const pid_t process : std::exchange(unfinished_, {})) (void)send_on_errand(process);
}

bool WaitConverter::attend_one(Conversion& conversion) {
  const TaskStop stop = conversion.task.look();
  if (stop.kind == TaskStop::Kind::kNone) return true;
  if (stop.kind == TaskStop::Kind::kGone) {
    if (conversion.errand) unfinished_.push_back(conversion.errand->process());
    conversion.task.forget();
    return false;
  }
  return conversion.errand ? attend_errand(conversion, stop) : attend_stop(conversion, stop);
}

bool WaitConverter::attend_errand(Conversion& conversion, const TaskStop& stop) {
  using Progress = TimerErrand::Progress;
  TimerErrand& errand = *conversion.errand;
  Progress progress = Progress::kBrokenOff;
  if (errand.has_begun()) {
    progress = errand.go_on(conversion.task, stop);
  } else if (stop.kind == TaskStop::Kind::kSystemCall && conversion.phase == Phase::kEntering) {
    return attend_stop(conversion, stop);  // at the beginning of a call: it has to come out first
  } else if (stop.kind != TaskStop::Kind::kSignal) {
    progress = errand.begin(conversion.task);
  }
  if (progress == Progress::kGoesOn) return true;
  if (progress == Progress::kBrokenOff) unfinished_.push_back(errand.process());
  conversion.errand.reset();
  return attend_stop(conversion, stop);
}

bool WaitConverter::attend_stop(Conversion& conversion, const TaskStop& stop) {
  const bool at_call = stop.kind == TaskStop::Kind::kSystemCall;
  if (stop.kind == TaskStop::Kind::kAsked && conversion.phase == Phase::kStopping) {
    return enter(conversion);
  }
  if (at_call && conversion.phase == Phase::kEntering) {
    conversion.phase = Phase::kHeld;
    return conversion.task.run_to_call();
  }
  return leave(conversion, stop);
}

/// The task stands where it was held: it makes the call again, with another time.
bool WaitConverter::enter(Conversion& conversion) {
  auto registers = conversion.task.registers();
  if (!registers || registers->instruction() != conversion.instruction) {
    conversion.task.let_go(0);
    return false;
  }
  if (conversion.again) {  // a travel came first: the filter will hear of the call anew
    registers->break_off(conversion.instruction);
    (void)conversion.task.set_registers(*registers);
    conversion.task.let_go(0);
    return false;
  }
  conversion.pointer = registers->arguments()[conversion.time_argument];
  const std::uint64_t copy = registers->scratch(conversion.replacement.size());
  // Where there is no more stack, the caller's own time has to do.
  const bool has_room = copy_to_task(conversion.task.tid(), copy, conversion.replacement) == 0;
  if (has_room) registers->set_argument(conversion.time_argument, copy);
  registers->call_again(registers->number());
  conversion.phase = Phase::kEntering;
  return conversion.task.set_registers(*registers) && conversion.task.run_to_call();
}

/// Whether a task was broken off between the filter, where its wait begins for the program, and the
/// kernel's function.
bool WaitConverter::has_not_waited(const Conversion& conversion, const TaskStop& stop,
                                   const CallRegisters& registers) {
  const bool is_there = registers.instruction() == conversion.instruction;
  const bool at_call = stop.kind == TaskStop::Kind::kSystemCall;
  if (conversion.phase == Phase::kStopping) return is_there;
  if (conversion.phase == Phase::kEntering) return !at_call;
  // The filter's own wait ends like that, whatever the call is.
  return conversion.phase != Phase::kLeaving && is_there && registers.result() == kFilterBrokenOff;
}

/// Gives the task its registers back and lets it go.
bool WaitConverter::leave(Conversion& conversion, const TaskStop& stop) {
  auto registers = conversion.task.registers();
  if (registers) {
    if (conversion.pointer != 0) {
      registers->set_argument(conversion.time_argument, conversion.pointer);
    }
    if (has_not_waited(conversion, stop, *registers)) {
      // For the program the wait had begun when the filter held it: a handler ends it.
      registers->break_off(conversion.instruction);
    } else if (conversion.again && stop.signal == 0) {
      // Else the kernel would go on with the time it has got. What a signal has broken off is left
      // alone: its caller has to hear of it.
      if (registers->will_restart()) begin_anew(*registers);
      if (stop.kind == TaskStop::Kind::kAsked && registers->result() == -EINTR &&
          ends_at_a_stop(registers->number())) {
        registers->break_off(registers->instruction());
      }
    }
    (void)conversion.task.set_registers(*registers);
  }
  conversion.task.let_go(stop.signal);
  return false;
}

bool WaitConverter::leave_wait(pid_t tid) {
  auto task = TracedTask::seize(tid);
  if (!task) return false;
  task->interrupt();
  Conversion conversion(*std::move(task), Phase::kLeaving);
  conversion.again = true;
  conversions_.push_back(std::move(conversion));
  return true;
}

std::vector<pid_t> WaitConverter::wait_again(std::span<const pid_t> processes,
                                             const ClockSetting& setting) {
  setting_ = setting;
  for (auto& conversion : conversions_) {
    conversion.again = true;
    conversion.task.interrupt();
    if (conversion.errand) conversion.errand->start_over(setting);
  }
  std::vector<pid_t> out_of_reach;
  for (const pid_t process : processes) {
    for (const pid_t thread : threads_of(process)) {
      if (find(thread) != nullptr) continue;
      const Doing doing = what_does(process, thread);
      const bool may_begin = doing == Doing::kRunning && passing_.contains(thread);
      const bool leaves = (doing == Doing::kWaiting || may_begin) && leave_wait(thread);
      if (doing == Doing::kWaiting && !leaves) out_of_reach.push_back(thread);
    }
    if (!timers_.of(process).empty() && !send_on_errand(process)) out_of_reach.push_back(process);
  }
  passing_.clear();
  return out_of_reach;
}

/// Gives a thread of the process the errand to set its timers anew; preferably one that has been
/// asked to stop anyway.
/// @return false if none can be had
bool WaitConverter::send_on_errand(pid_t process) {
  const auto threads = threads_of(process);
  Conversion* chosen = nullptr;
  for (const pid_t thread : threads) {
    Conversion* const known = find(thread);
    if (known == nullptr || !known->again) continue;
    if (known->errand) return true;
    chosen = known;
  }
  for (const pid_t thread : threads) {
    if (chosen != nullptr || find(thread) != nullptr || !leave_wait(thread)) continue;
    chosen = &conversions_.back();
  }
  for (const pid_t thread : threads) {
    if (chosen != nullptr) break;
    chosen = find(thread);
    if (chosen == nullptr) continue;
    chosen->again = true;
    chosen->task.interrupt();
  }
  if (chosen == nullptr) return threads.empty();
  chosen->errand = std::make_unique<TimerErrand>(process, timers_, setting_);
  return true;
}

void WaitConverter::remember_passing(pid_t tid) {
  if (passing_.size() >= kMostPassing) {
    std::erase_if(passing_, [](pid_t old) { return !process_of(old); });
  }
  if (passing_.size() < kMostPassing) passing_.insert(tid);
}

bool WaitConverter::all_wait_again() const noexcept {
  return unfinished_.empty() && std::none_of(conversions_.begin(), conversions_.end(),
                                             [](const Conversion& each) { return each.again; });
}

}  // namespace hitch
