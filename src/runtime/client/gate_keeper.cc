#include "runtime/client/gate_keeper.h"

#include "runtime/client/hitch/errors.h"
#include "runtime/client/quiet_thread.h"

namespace hitch {

namespace {

thread_local const Moment* moment_here = nullptr;
thread_local const GateKeeper* keeper_here = nullptr;  // whose thread this is

/// What kind of code it was, as its author calls it.
std::string function_of(const Gate& gate) {
  return gate.at == "ready" ? "log_line_ready_checker" : gate.at + "()";
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

Gate Gate::from(std::string_view service, const json::object& gate) {
  return {std::string(service), gate.at("number").to_number<std::uint64_t>(),
          std::string(gate.at("at").as_string()), gate.at("log_offset").to_number<std::uint64_t>()};
}

const Moment* current_moment() {
  return moment_here;
}

void GateKeeper::reached(const Gate& gate) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  auto& latest = latest_[gate.service];
  if (latest >= gate.number) return;
  latest = gate.number;
  auto thread = start_quiet_thread([this, gate] { serve(gate); });
  if (thread) {
    threads_.push_back(*std::move(thread));
  } else {
    if (!first_error_)
      first_error_ = std::make_exception_ptr(client::Error(thread.error().message()));
    open_(gate, thread.error().message());
  }
}

bool GateKeeper::is_current(const Gate& gate) const {
  const std::lock_guard lock(mutex_);
  const auto found = latest_.find(gate.service);
  return found != latest_.end() && found->second == gate.number;
}

void GateKeeper::serve(const Gate& gate) {
  const Moment moment{this, gate.service, gate.at};
  keeper_here = this;
  if (gate.at != "ready") moment_here = &moment;
  std::string objection;
  try {
    if (!serve_(gate)) return;
  } catch (...) {  // whatever a test's own code may throw
    const auto error = std::current_exception();
    {
      const std::lock_guard lock(mutex_);
      if (!first_error_) first_error_ = error;
    }
    objection = "its " + function_of(gate) + " threw: " + text_of(error);
  }
  open_(gate, objection);
}

std::exception_ptr GateKeeper::first_error() const {
  const std::lock_guard lock(mutex_);
  return first_error_;
}

void GateKeeper::join() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  if (keeper_here == this) return;  // a setup() that shuts its own bundle down
  const std::lock_guard one_at_a_time(joining_);
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace hitch
