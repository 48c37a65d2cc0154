// How a service ends: by its signal, by force, with its teardown commands, with the bundle.
#include <algorithm>

#include "runtime/base/patience.h"
#include "runtime/base/text.h"
#include "runtime/supervisor/service_run.h"

namespace hitch {

std::vector<const ServiceRun*> ServiceRun::dependents() const {
  std::vector<const ServiceRun*> result;
  for (const auto& other : *others_) {
    const auto& needs = other->spec_->depends_on;
    if (std::any_of(needs.begin(), needs.end(),
                    [&](const auto& need) { return need.service == spec_->name; })) {
      result.push_back(other.get());
    }
  }
  return result;
}

std::optional<Error> ServiceRun::unfinished_teardown() const {
  if (!in_teardown_ || spec_->teardown.empty()) return std::nullopt;
  return Error::because("service '" + spec_->name + "' " + activity_ + " when its time was up")
      .with_hint("shutdown_timeout is the time for all services and their teardown commands");
}

void ServiceRun::abandon() {
  stopping_ = true;
  set_state(is_over() ? state_ : ServiceState::kExited);
}

void ServiceRun::end_output() {
  if (!output_) return;
  output_->drain();
  output_->end();
}

Task<Done> ServiceRun::stop() {
  stopping_ = true;
  changed_.wake_all();
  for (const ServiceRun* dependent : dependents()) {
    while (!dependent->is_over()) HITCH_CO_CHECK(co_await scope_->states_changed.wait());
  }
  while (in_teardown_) HITCH_CO_CHECK(co_await scope_->states_changed.wait());  // of halt()
  const bool ran = process_ != nullptr;
  if (ran && !process_->ended) {
    set_state(ServiceState::kStopping);
    HITCH_CO_CHECK(co_await signal_and_wait());
  }
  Status done = Done{};
  if (ran && !halted_) done = co_await tear_down();
  set_state(ServiceState::kExited);
  co_return done;
}

Task<Done> ServiceRun::tear_down() {
  in_teardown_ = true;
  const auto done = co_await run_hooks(spec_->teardown, Phase::kTeardown, "teardown");
  in_teardown_ = false;
  halted_ = true;
  co_return done;
}

Task<Done> ServiceRun::signal_and_wait() {
  if (paused_) (void)resume();  // or its children would never get to end
  scope_->init->signal(*process_, spec_->stop_signal, SignalRequest::Scope::kProcess);
  // A stopped process would keep the signal for later. signal(7)
  scope_->init->signal(*process_, SIGCONT, SignalRequest::Scope::kProcess);
  Patience grace(spec_->stop_grace_period);
  while (!process_->ended && !grace.is_over()) {
    HITCH_CO_CHECK(co_await process_->changed.wait_until(grace.when()));
  }
  if (process_->ended) co_return Done{};
  scope_->say("service '" + spec_->name + "' was killed: it had not stopped " +
              format_seconds(spec_->stop_grace_period) + " seconds after " +
              signal_name(spec_->stop_signal));
  scope_->init->signal(*process_, SIGKILL, SignalRequest::Scope::kGroup);
  while (!process_->ended) HITCH_CO_CHECK(co_await process_->changed.wait());
  co_return Done{};
}

}  // namespace hitch
