#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace hitch {

/// What a traced task has come to. ptrace(2)
struct TaskStop {
  enum class Kind {
    kNone,        ///< nothing yet: it runs
    kGone,        ///< it is dead
    kAsked,       ///< as interrupt() has asked for
    kSystemCall,  ///< at the beginning or the end of a system call
    kSignal,      ///< a signal is about to be delivered
    kOther,       ///< stopped by job control, and others
  };
  Kind kind = Kind::kNone;
  int signal = 0;
};

/// The registers of a task that is stopped, by what they are for. One implementation for each
/// architecture.
class CallRegisters {
 public:
  std::uint64_t instruction() const noexcept;
  /// Memory of the task that nobody uses: below its stack, and what a function may use there.
  std::uint64_t scratch(std::size_t bytes) const noexcept;
  /// The number of the system call that the task is in.
  std::uint64_t number() const noexcept;
  std::array<std::uint64_t, 6> arguments() const noexcept;
  void set_argument(unsigned index, std::uint64_t value) noexcept;
  /// What the call has returned.
  std::int64_t result() const noexcept;
  /// Whether the call was broken off and the kernel will start it again.
  bool will_restart() const noexcept;
  /// The task makes system call `number` once more, with the arguments in its registers.
  void call_again(std::uint64_t number) noexcept;
  /// A call that will_restart() does so as system call `number` with the arguments in its
  /// registers, and not with what the kernel has kept of it.
  void restart_with_arguments(std::uint64_t number) noexcept;
  /// As if the call had been broken off while it waited, at `instruction`: it fails with EINTR if a
  /// handler runs, and starts again if none does, or if the handler says so and the call allows it.
  /// Only for a task that stands where signals are delivered, or whose call was broken off already.
  void break_off(std::uint64_t instruction) noexcept;
  /// The task makes a system call of ours, and not its own. `at` is where an instruction is that
  /// makes one. To be undone with registers that were kept.
  void call_for_us(std::uint64_t at, std::uint64_t number,
                   const std::array<std::uint64_t, 4>& arguments) noexcept;
  /// Whether the task's code is of the kind that these registers are for.
  bool is_native() const noexcept;

 private:
  friend class TracedTask;
  std::int64_t restart_code() const noexcept;
  user_regs_struct all_{};
};

/// One thread that this process traces; let go on destruction, if it stands still. Move-only.
class TracedTask {
 public:
  /// Starts to trace, without stopping it.
  /// @return nothing with errno, EPERM if it is traced already or out of reach
  static std::optional<TracedTask> seize(pid_t tid) noexcept;
  TracedTask(TracedTask&& other) noexcept : tid_(std::exchange(other.tid_, 0)) {}
  TracedTask& operator=(TracedTask&& other) noexcept {
    std::swap(tid_, other.tid_);
    return *this;
  }
  ~TracedTask();

  pid_t tid() const noexcept { return tid_; }
  void interrupt() const noexcept;
  /// Looks whether it has stopped; does not wait.
  TaskStop look() const noexcept;

  // All of these only while it stands still; errors mean that it is dead, which look() tells.
  std::optional<CallRegisters> registers() const noexcept;
  bool set_registers(const CallRegisters& registers) const noexcept;
  /// Runs on to the next begin or end of a system call.
  bool run_to_call() const noexcept;
  /// Runs on until something else stops it.
  bool run_on() const noexcept;
  /// Lets it go, with a signal to be delivered or 0.
  void let_go(int signal) noexcept;
  /// It is dead: there is nothing to let go.
  void forget() noexcept { tid_ = 0; }

 private:
  explicit TracedTask(pid_t tid) noexcept : tid_(tid) {}
  pid_t tid_ = 0;
};

}  // namespace hitch
