#include "runtime/clock/clock_responder.h"

#include <linux/audit.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "runtime/base/packet.h"
#include "runtime/clock/deadline_calls.h"
#include "runtime/clock/machine_clock.h"
#include "runtime/clock/raw_reads.h"
#include "runtime/clock/task_list.h"
#include "runtime/clock/timer_descriptors.h"

namespace hitch {

namespace {

/// How long an answer waits for those who are to start their waits again: one of them may hang in
/// the kernel.
constexpr Milliseconds kConfirmLimit{200};
enum Source : std::size_t { kCalls, kCommands, kSignals, kTimer, kSources };

Result<UniqueFd> watch_children() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &children, nullptr) != 0) {
    return Error::from_errno(errno, "block SIGCHLD");
  }
  UniqueFd fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) return Error::from_errno(errno, "watch for SIGCHLD");
  return fd;
}

void drain(int fd) {
  std::array<char, 2048> bytes{};
  while (::read(fd, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace

Result<ClockResponder> ClockResponder::create(UniqueFd listener, UniqueFd channel, ClockPage page,
                                              pid_t root) {
  HITCH_TRY(auto hook, ExecHook::create());
  ClockResponder made(CallListener(std::move(listener)), std::move(channel), std::move(page),
                      std::move(hook));
  HITCH_TRY(made.signals_, watch_children());
  made.timer_.reset(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!made.timer_.is_open()) return Error::from_errno(errno, "create a timer");
  made.root_ = root;
  return made;
}

ClockResponder::ClockResponder(CallListener listener, UniqueFd channel, ClockPage page,
                               ExecHook hook)
    : listener_(std::move(listener)),
      channel_(std::move(channel)),
      page_(std::move(page)),
      hook_(std::move(hook)) {}

Status ClockResponder::run() {
  std::array<pollfd, kSources> waited{
      pollfd{listener_.fd(), POLLIN, 0}, pollfd{channel_.get(), POLLIN, 0},
      pollfd{signals_.get(), POLLIN, 0}, pollfd{timer_.get(), POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(waited.data(), waited.size(), patience());
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "wait for system calls");
    if (!turn(waited)) return Done{};
  }
}

/// How long to wait, as poll(2) has it.
int ClockResponder::patience() const {
  return confirm_by_ ? static_cast<int>(confirm_by_->left().count()) : -1;
}

/// Does what there is to do, starts of programs first.
/// @return false when there will be nothing any more
bool ClockResponder::turn(std::span<const pollfd> ready) {
  if ((ready[kCalls].revents & POLLIN) != 0) {
    if (const auto call = listener_.receive()) answer(*call);
  } else if (ready[kCalls].revents != 0) {
    return false;  // nobody is left who could make a call
  }
  if (ready[kSignals].revents != 0) {
    drain(signals_.get());
    waits_.attend();
  }
  if (ready[kTimer].revents != 0) {
    drain(timer_.get());  // or ECANCELED: somebody has set the machine's clock
    armed_for_.reset();
    sleeps_.wake(listener_, page_.setting());
  }
  if (ready[kCommands].revents != 0 && !take_command()) return false;
  arm_timer();
  return confirm();
}

void ClockResponder::answer(const HeldCall& call) {
  if (has_exceptions_ && keeps_machine_clock(static_cast<pid_t>(call.pid))) {
    return listener_.let_through(call);
  }
  if (call.data.arch != AUDIT_ARCH_X86_64) {  // its first call, of which the rules tell for this
    tell(ClockNewsKind::kUntouched, static_cast<pid_t>(call.pid), "change a program of 32 bits",
         ENOEXEC);
    return listener_.let_through(call);
  }
  switch (call.data.nr) {
    case SYS_brk:
    case SYS_arch_prctl:
    case SYS_close:
      return answer_start(call);
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_time:
      return answer_raw_read(listener_, call, hook_.origin(call), page_.setting());
    case SYS_timerfd_settime:
      has_deadlines_ = true;
      return set_timer_descriptor(listener_, call, page_.setting());
    case SYS_clock_nanosleep:
    case SYS_futex:
    case SYS_timer_settime:
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
    case kFutexWaitv:
    case kFutexWait:
      has_deadlines_ = true;
      return answer_wait(call);
    default:
      return listener_.let_through(call);
  }
}

void ClockResponder::answer_wait(const HeldCall& call) {
  const ClockSetting& setting = page_.setting();
  if (waits_.take(listener_, call, setting) == WaitConverter::Answer::kTaken) return;
  if (call.data.nr == SYS_clock_nanosleep) return sleeps_.take(listener_, call, setting);
  const bool is_wrong =
      setting.mode != ClockMode::kReal;  // the machine's time may be the right one
  if (is_wrong) tell(ClockNewsKind::kRealWait, static_cast<pid_t>(call.pid), "trace it", EPERM);
  listener_.let_through(call);
}

void ClockResponder::answer_start(const HeldCall& call) {
  const bool is_boot = call.data.nr == SYS_close;
  const auto carry_out = [&] {
    if (!is_boot) return hook_.start(listener_, call);
    const bool wants_page = static_cast<std::uint32_t>(call.data.args[0]) == kCloseToGetPage;
    return wants_page ? hook_.give_page(listener_, call, page_.fd())
                      : hook_.set_page(listener_, call);
  };
  const HookResult result = carry_out();
  if (result.outcome == HookOutcome::kSlow) {
    tell(ClockNewsKind::kSlow, static_cast<pid_t>(call.pid), result.step, result.err);
  } else if (result.outcome == HookOutcome::kUntouched) {
    tell(ClockNewsKind::kUntouched, static_cast<pid_t>(call.pid), result.step, result.err);
  }
  if (!is_boot) listener_.let_through(call);  // now only: while it is held it has a name
}

void ClockResponder::tell(ClockNewsKind kind, pid_t task, const char* step, int err) {
  ClockNews news;
  news.kind = kind;
  news.pid = task;
  news.err = err;
  std::string_view(step).copy(news.step.data(), news.step.size() - 1);
  std::string name = proc_text(task, "comm");
  if (name.ends_with('\n')) name.pop_back();
  name.copy(news.name.data(), news.name.size() - 1);
  // A program makes several calls that fail alike, and a script starts it often.
  if (told_.size() >= kMostTold || !told_.insert({kind, std::move(name), step}).second) return;
  const iovec part{&news, sizeof news};
  // Not at the price of waiting: programs wait for us.
  (void)send_packet(channel_.get(), std::span(&part, 1), {}, MSG_DONTWAIT);
}

/// @return false when the other end is gone
bool ClockResponder::take_command() {
  ClockCommand command;
  iovec part{&command, sizeof command};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(channel_.get(), std::span(&part, 1), fds, MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return false;
  if (n != static_cast<ssize_t>(sizeof command)) return true;  // nothing that we say
  put_in_force(command.setting);
  unconfirmed_.push_back(command.id);
  confirm_by_ = Deadline::in(kConfirmLimit);
  return true;
}

/// The page first: from then on all that is read is new, and whoever is woken reads.
void ClockResponder::put_in_force(const ClockSetting& setting) {
  const ClockSetting before = page_.setting();
  page_.publish(setting);
  sleeps_.wake(listener_, setting);
  armed_for_.reset();
  // To look for those who wait means to read a file for each thread and descriptor of the bundle,
  // and in most bundles nobody ever waits for a time on the wall clock.
  if (!has_deadlines_) return;
  auto processes = processes_below(root_);
  if (has_exceptions_) processes = without_machine_clock(std::move(processes));
  ArmedTimers::of(processes).rearm(before, setting);
  for (const pid_t task : waits_.wait_again(processes, setting)) {
    tell(ClockNewsKind::kRealWait, task, "trace it", EPERM);
  }
}

/// Answers the commands that have been carried out.
/// @return false when there is nobody to answer
bool ClockResponder::confirm() {
  if (!confirm_by_ || (!waits_.all_wait_again() && !confirm_by_->passed())) return true;
  confirm_by_.reset();
  for (const auto id : std::exchange(unconfirmed_, {})) {
    ClockNews news;
    news.kind = ClockNewsKind::kInForce;
    news.id = id;
    const iovec part{&news, sizeof news};
    if (send_packet(channel_.get(), std::span(&part, 1), {}) < 0) return false;
  }
  return true;
}

void ClockResponder::arm_timer() {
  const auto next = sleeps_.next(page_.setting());
  if (next == armed_for_) return;
  armed_for_ = next;
  const ClockTime at = next.value_or(ClockTime{});  // zero disarms
  const itimerspec when{{}, {at.sec, at.nsec}};
  constexpr int kFlags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  (void)::timerfd_settime(timer_.get(), kFlags, &when, nullptr);
}

}  // namespace hitch
