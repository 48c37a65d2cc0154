#include "runtime/clock/timer_errand.h"

#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "runtime/clock/task_memory.h"
#include "runtime/clock/timer_times.h"
#include "runtime/clock/vdso_image.h"

namespace hitch {

namespace {

constexpr std::array kCallInstruction{std::byte{0x0f}, std::byte{0x05}};

/// Where in the vDSO an instruction is that makes a system call: its functions do so when they
/// cannot read a clock themselves.
std::optional<std::uint64_t> find_call_in_vdso() {
  const auto image = own_vdso();
  if (!image) return std::nullopt;
  const auto at =
      std::search(image->begin(), image->end(), kCallInstruction.begin(), kCallInstruction.end());
  if (at == image->end()) return std::nullopt;
  return static_cast<std::uint64_t>(at - image->begin());
}

/// An address in the task at which there is such an instruction: the one that it stands behind, or
/// that of its vDSO.
std::optional<std::uint64_t> call_instruction(pid_t tid, const CallRegisters& registers) {
  std::array<std::byte, kCallInstruction.size()> before{};
  const std::uint64_t at = registers.instruction() - before.size();
  if (copy_from_task(tid, at, before) == 0 && before == kCallInstruction) return at;
  static const auto kInVdso = find_call_in_vdso();
  const auto vdso = vdso_address(tid);
  if (!vdso || !kInVdso) return std::nullopt;
  return *vdso + *kInVdso;
}

itimerspec to_set(const PosixTimer& timer) {
  const ClockTime at = sum(timer.real, {timer.is_tai ? tai_offset() : 0, 0});
  return {{timer.interval.sec, timer.interval.nsec}, {at.sec, at.nsec}};
}

std::vector<int> ids_of(const std::vector<PosixTimer>& timers) {
  std::vector<int> ids;
  ids.reserve(timers.size());
  for (const auto& timer : timers) ids.push_back(timer.id);
  return ids;
}

}  // namespace

TimerErrand::TimerErrand(pid_t process, PosixTimers& timers, const ClockSetting& setting)
    : process_(process), timers_(&timers), setting_(setting), due_(ids_of(timers.of(process))) {}

void TimerErrand::start_over(const ClockSetting& setting) {
  setting_ = setting;
  auto all = ids_of(timers_->of(process_));
  // What is at work is finished first, and is done once more as one of all.
  if (step_ != Step::kNotBegun && step_ != Step::kReturning) all.push_back(due_.back());
  due_ = std::move(all);
}

TimerErrand::Progress TimerErrand::begin(const TracedTask& task) {
  kept_ = task.registers();
  if (!kept_ || !kept_->is_native()) return Progress::kFailed;
  const auto at = call_instruction(task.tid(), *kept_);
  if (!at) return Progress::kFailed;
  caller_ = *at;
  scratch_ = kept_->scratch(sizeof(itimerspec));
  const itimerspec nothing{};
  if (copy_to_task(task.tid(), scratch_, std::as_bytes(std::span(&nothing, 1))) != 0) {
    return Progress::kFailed;
  }
  return ask(task);
}

TimerErrand::Progress TimerErrand::call(const TracedTask& task, Step step, std::uint64_t number,
                                        const std::array<std::uint64_t, 4>& arguments) {
  auto registers = *kept_;
  registers.call_for_us(caller_, number, arguments);
  step_ = step;
  return task.set_registers(registers) && task.run_to_call() ? Progress::kGoesOn
                                                             : Progress::kFailed;
}

/// Asks for the next timer that is still known, or sends the task back to where it was.
TimerErrand::Progress TimerErrand::ask(const TracedTask& task) {
  for (; !due_.empty(); due_.pop_back()) {
    const auto known = timers_->find(process_, due_.back());
    if (!known) continue;
    at_work_ = *known;
    asked_after_ = real_now();
    const auto id = static_cast<std::uint64_t>(known->id);
    return call(task, Step::kAsking, SYS_timer_gettime, {id, scratch_, 0, 0});
  }
  step_ = Step::kReturning;
  // It has to stand where signals are delivered to have its registers back: only there does the
  // kernel look whether a call was broken off.
  task.interrupt();
  return task.run_on() ? Progress::kGoesOn : Progress::kFailed;
}

TimerErrand::Progress TimerErrand::advance(const TracedTask& task) {
  due_.pop_back();
  return ask(task);
}

/// The task has come back from timer_gettime.
TimerErrand::Progress TimerErrand::set(const TracedTask& task) {
  const auto registers = task.registers();
  itimerspec left{};
  if (!registers) return Progress::kFailed;
  const bool has_answer =
      registers->result() == 0 &&
      copy_from_task(task.tid(), scratch_, std::as_writable_bytes(std::span(&left, 1))) == 0;
  const auto at = next_expiry(at_work_, {left.it_value.tv_sec, left.it_value.tv_nsec}, asked_after_,
                              real_now());
  if (!has_answer || !at) {
    if (is_current()) timers_->forget(process_, at_work_.id);
    return advance(task);
  }
  next_ = at_work_;
  next_.real = time_to_arm(setting_, fake_of_armed(at_work_.setting, *at));
  next_.setting = setting_;
  const itimerspec wanted = to_set(next_);
  if (copy_to_task(task.tid(), scratch_, std::as_bytes(std::span(&wanted, 1))) != 0) {
    return advance(task);
  }
  return call(task, Step::kSetting, SYS_timer_settime,
              {static_cast<std::uint64_t>(next_.id), TIMER_ABSTIME, scratch_, 0});
}

bool TimerErrand::is_current() const {
  return timers_->find(process_, at_work_.id) == at_work_;
}

TimerErrand::Progress TimerErrand::put_back(const TracedTask& task, Progress progress) {
  step_ = Step::kNotBegun;
  return task.set_registers(*kept_) ? progress : Progress::kFailed;
}

TimerErrand::Progress TimerErrand::go_on(const TracedTask& task, const TaskStop& stop) {
  using Stop = TaskStop::Kind;
  if (stop.kind == Stop::kSignal) {
    return put_back(task, due_.empty() ? Progress::kDone : Progress::kBrokenOff);
  }
  const bool at_call = stop.kind == Stop::kSystemCall;
  switch (step_) {
    case Step::kReturning:
      return due_.empty() ? put_back(task, Progress::kDone) : ask(task);
    case Step::kAsking:
    case Step::kSetting:
      // Else it was asked to stop by somebody before, or by job control: on to the call.
      if (at_call) step_ = step_ == Step::kAsking ? Step::kAsked : Step::kSet;
      return task.run_to_call() ? Progress::kGoesOn : Progress::kFailed;
    case Step::kAsked:
      return set(task);
    case Step::kSet: {
      const auto registers = task.registers();
      if (registers && registers->will_restart()) return ask(task);  // a signal is on its way
      if (registers && registers->result() == 0) timers_->note(process_, next_);
      return advance(task);
    }
    case Step::kNotBegun:
      break;
  }
  return Progress::kFailed;
}

}  // namespace hitch
