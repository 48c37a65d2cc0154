#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "introspect/field.h"
#include "introspect/process_error.h"
#include "introspect/process_types.h"

namespace hitch::introspect {

class ProcessState;

/// A process of this machine: psutil's Process. docs/introspection.md
///
/// Each answer is true of the process that was opened, or it is an error: a process that has the
/// same pid later is never taken for it. Any of them can be a ProcessError:
/// - kNoSuchProcess: it has been reaped;
/// - kAccessDenied: it belongs to somebody else, or has given itself away by set-user-id. What
/// needs
///   the right to look into it is marked (p). ptrace(2), "Ptrace access mode checking"
/// - kZombieProcess: it has ended and has no such thing any more.
///
/// What is asked first opens the process's directory in /proc, and that stays open: one descriptor
/// a Process, and one more once it has been signalled or waited for. Belongs to one thread at a
/// time.
class Process {
 public:
  /// The process with this pid, as the caller's pid namespace has it.
  static Answer<Process> open(pid_t pid);
  /// The calling process.
  static Answer<Process> current();
  /// One that has been seen already; looked for when it is asked something.
  /// @param start_ticks  as start_ticks() of it
  Process(pid_t pid, std::uint64_t start_ticks);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();

  pid_t pid() const noexcept { return pid_; }
  /// When it was started, in ticks since the machine was: with the pid this tells it from all
  /// others. proc_pid_stat(5), field 22
  std::uint64_t start_ticks() const noexcept { return start_ticks_; }
  friend bool operator==(const Process& a, const Process& b) noexcept {
    return a.pid_ == b.pid_ && a.start_ticks_ == b.start_ticks_;
  }

  /// While it lives each file of the process is read once at most, and all answers come from what
  /// was read. May be nested. Must not outlive the Process.
  class [[nodiscard]] Oneshot {
   public:
    explicit Oneshot(ProcessState* state) noexcept;
    Oneshot(const Oneshot&) = delete;
    Oneshot& operator=(const Oneshot&) = delete;
    ~Oneshot();

   private:
    ProcessState* state_;
  };
  Oneshot oneshot() const noexcept { return Oneshot(state_.get()); }

  /// Many fields at once, within one oneshot(). A field that may not be seen, or that a zombie has
  /// none of, is there without a value.
  /// @param fields  all_fields() by default, which includes the slow memory_maps and
  ///                memory_full_info
  /// @return kNoSuchProcess if it ends meanwhile
  Answer<ProcessDict> as_dict(std::span<const Field> fields = all_fields()) const;

  /// One of them, without a value only if that is what there is to say.
  Answer<FieldValue> field(Field field) const;

  // Who it is.

  /// What the kernel calls it; 15 bytes at most, so longer ones are completed from cmdline().
  /// Any bytes. proc_pid_comm(5)
  Answer<std::string> name() const;
  /// (p) The path of its program, empty for a thread of the kernel and a zombie. If it may not be
  /// seen, the first word of cmdline() if that is the path of a program. proc_pid_exe(5)
  Answer<std::string> exe() const;
  /// Empty for a thread of the kernel and a zombie. proc_pid_cmdline(5)
  Answer<std::vector<std::string>> cmdline() const;
  /// (p) The variables that its program was started with. proc_pid_environ(5)
  Answer<std::map<std::string, std::string>> environ() const;
  /// (p) Its directory. proc_pid_cwd(5)
  Answer<std::string> cwd() const;
  /// "running", "sleeping", "disk-sleep", "stopped", "tracing-stop", "zombie", "dead", "wake-kill",
  /// "waking", "idle", "parked". proc_pid_stat(5), field 3
  Answer<std::string> status() const;
  /// Seconds since 1970, to a hundredth. proc_pid_stat(5), field 22
  Answer<double> create_time() const;
  Answer<Ids<uid_t>> uids() const;
  Answer<Ids<gid_t>> gids() const;
  /// The name of its real user, or the number of one without a name. passwd(5)
  Answer<std::string> username() const;
  /// "/dev/pts/3" as the process sees it; nothing: it has none. proc_pid_stat(5), field 7
  Answer<std::optional<std::string>> terminal() const;

  // Its family.

  Answer<pid_t> ppid() const;
  /// Nothing for the first process, and for one whose parent cannot be seen from here.
  Answer<std::optional<Process>> parent() const;
  /// Its parent, the parent of that and so on.
  Answer<std::vector<Process>> parents() const;
  enum class Depth { kChildren, kDescendants };
  /// Found in one pass over /proc; those of one generation together.
  Answer<std::vector<Process>> children(Depth depth = Depth::kChildren) const;

  // Processor.

  Answer<CpuTimes> cpu_times() const;
  /// Per cent of one processor since the last call on this object, rounded to a tenth; two threads
  /// can make it 200. The first call gives 0.
  Answer<double> cpu_percent() const;
  /// The same over a span of time, which it waits for.
  Answer<double> cpu_percent(std::chrono::duration<double> interval) const;
  /// The processor that it ran on last. proc_pid_stat(5), field 39
  Answer<int> cpu_num() const;
  /// The processors that it may run on, sorted. sched_getaffinity(2)
  Answer<std::vector<int>> cpu_affinity() const;
  /// @param cpus  empty: all that there are
  /// @return kInvalidArgument if there is none of them that it may have. sched_setaffinity(2)
  Answer<Done> set_cpu_affinity(std::span<const int> cpus) const;
  /// -20 (first) to 19. proc_pid_stat(5), field 19
  Answer<int> nice() const;
  /// Of its main thread. setpriority(2)
  Answer<Done> set_nice(int value) const;
  Answer<int> num_threads() const;
  Answer<std::vector<Thread>> threads() const;
  Answer<CtxSwitches> num_ctx_switches() const;

  // Memory.

  Answer<MemoryInfo> memory_info() const;
  /// The old name of memory_info().
  Answer<MemoryInfo> memory_info_ex() const { return memory_info(); }
  /// (p) Walks over all its pages: slow.
  Answer<MemoryFullInfo> memory_full_info() const;
  enum class Grouping { kByPath, kNone };
  /// (p) Walks over all its pages: slow.
  Answer<std::vector<MemoryMap>> memory_maps(Grouping grouping = Grouping::kByPath) const;
  /// Its part of the machine's memory in per cent.
  /// @param memtype  "rss" or another member of MemoryFullInfo, else kInvalidArgument
  Answer<double> memory_percent(std::string_view memtype = "rss") const;

  // Files and sockets.

  /// (p) proc_pid_io(5)
  Answer<IoCounters> io_counters() const;
  /// ioprio_get(2)
  Answer<IoPriority> ionice() const;
  /// @param value  0 (first) to 7, and 0 for classes 0 and 3; else kInvalidArgument. ioprio_set(2)
  Answer<Done> set_ionice(int ioclass, int value = 0) const;
  Answer<int> num_fds() const;
  /// (p) Regular files that have not been removed.
  Answer<std::vector<OpenFile>> open_files() const;
  /// (p) In whatever network namespace it is.
  Answer<std::vector<Connection>> connections(ConnectionKind kind = ConnectionKind::kInet) const;
  /// The new name of connections().
  Answer<std::vector<Connection>> net_connections(
      ConnectionKind kind = ConnectionKind::kInet) const {
    return connections(kind);
  }
  /// (p) @param resource  RLIMIT_NOFILE… prlimit(2)
  Answer<Limits> rlimit(int resource) const;
  /// (p) kInvalidArgument if soft is above hard, or there is no such resource. prlimit(2)
  Answer<Done> set_rlimit(int resource, const Limits& limits) const;

  // Its life. Signals go through a pidfd. A zombie takes them, and nothing comes of it.

  /// Whether it has not been reaped; a zombie is running in this sense, as in psutil.
  bool is_running() const;
  /// pidfd_send_signal(2)
  Answer<Done> send_signal(int signal) const;
  Answer<Done> suspend() const { return send_signal(SIGSTOP); }
  Answer<Done> resume() const { return send_signal(SIGCONT); }
  Answer<Done> terminate() const { return send_signal(SIGTERM); }
  Answer<Done> kill() const { return send_signal(SIGKILL); }
  /// Waits until it has ended, and reaps it if it is a child of the caller. One that has gone
  /// before is no error.
  /// @param timeout  none: as long as it takes
  /// @return the exit code of a child, -n if signal n ended it; nothing of who is no child;
  ///         kTimeoutExpired. pidfd_open(2), waitid(2)
  Answer<std::optional<int>> wait(
      std::optional<std::chrono::duration<double>> timeout = std::nullopt) const;

 private:
  pid_t pid_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::unique_ptr<ProcessState> state_;
};

}  // namespace hitch::introspect
