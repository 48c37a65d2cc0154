// What people do to one service while the rest of the bundle runs.
#include "introspect/tree.h"
#include "runtime/ready/members.h"
#include "runtime/supervisor/service_run.h"

namespace hitch {

Task<Done> ServiceRun::halt() {
  if (is_over()) co_return Done{};
  stopping_ = true;
  changed_.wake_all();
  scope_->states_changed.wake_all();
  Status done = Done{};
  if (process_) {
    set_state(ServiceState::kStopping);
    if (!process_->ended) HITCH_CO_CHECK(co_await signal_and_wait());
    // What it left in its group would hold its ports and files.
    scope_->init->signal(*process_, SIGKILL, SignalRequest::Scope::kGroup);
    done = co_await tear_down();
  }
  while (living_) HITCH_CO_CHECK(co_await scope_->states_changed.wait());
  was_ready_ = was_started_ = false;  // to what is started meanwhile and depends on it
  set_state(ServiceState::kExited);
  co_return done;
}

void ServiceRun::forget() {
  stopping_ = halted_ = was_ready_ = was_started_ = false;
  failure_.reset();
  last_exit_.reset();
  activity_ = "was waiting for its dependencies";
  state_ = ServiceState::kPending;
}

std::optional<ExitStatus> ServiceRun::final_exit() const {
  if (last_exit_ || failure_ || !process_) return last_exit_;
  return process_->ended;
}

Status ServiceRun::signal(int number) {
  HITCH_CHECK(require_running());
  asked_signal_ = number;
  scope_->init->signal(*process_, number, SignalRequest::Scope::kProcess);
  return Done{};
}

Status ServiceRun::signal_all(int number) {
  HITCH_CHECK(require_running());
  HITCH_TRY(const auto before, ProcessTree::scan());
  std::vector<std::pair<TreeProcess, Pidfd>> held;
  for (const pid_t pid : processes_of_service(before, scope_->init_pid, main_pid())) {
    auto pidfd = Pidfd::open(pid);
    if (pidfd) held.emplace_back(*before.find(pid), *std::move(pidfd));
  }
  // A second look: a pid may have come to mean another process before it was held.
  HITCH_TRY(const auto after, ProcessTree::scan());
  for (const auto& [process, pidfd] : held) {
    const auto* still = after.find(process.pid);
    if (still != nullptr && still->start_time == process.start_time) {
      HITCH_CHECK(pidfd.send_signal(number));
    }
  }
  return Done{};
}

}  // namespace hitch
