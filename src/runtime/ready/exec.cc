#include "runtime/ready/exec.h"

#include <utility>

namespace hitch {

namespace {

bool is_final(const Error& error) {
  return error.kind() == Kind::kNotFound || error.kind() == Kind::kNotRunnable;
}

}  // namespace

Task<Done> wait_for_exec(const ExecReady* exec, Milliseconds interval, ReadyTarget* target) {
  for (;;) {
    Command command = exec->command;
    auto status = co_await target->run_command(std::move(command));
    if (status && *status == ExitStatus::exited(0)) co_return Done{};
    if (!status && is_final(status.error())) {
      co_return std::move(status).error().within("run readiness command");
    }
    HITCH_CO_CHECK(co_await sleep_for(interval));
  }
}

}  // namespace hitch
