#include "runtime/supervisor/step_down.h"

#include <utility>

namespace hitch {

Status step_down(BundleScope* scope, const RunRequest* request, IsolationLevel level,
                 const Error& refusal) {
  const auto required = request->bundle.require_isolation;
  if (level < required) {
    const std::string given(name_of(level));
    std::string remedy = refusal.hint();
    if (!remedy.empty()) remedy += "; ";
    return Error::because("isolation " + in_quotes(name_of(required)) +
                          " is required, and this machine gives " + in_quotes(given) + ": " +
                          refusal.message())
        .with_hint(remedy + "or be content with 'require_isolation: " + given + "'");
  }
  auto& isolation = scope->isolation;
  if (level >= isolation.level) return Done{};
  isolation = {level, refusal.message()};
  const auto notice = isolation_notice(level, refusal.message());
  scope->say(notice);
  scope->events.tell("isolation", {{"level", name_of(level)}, {"reason", refusal.message()}});
  if (request->on_step_down) request->on_step_down(notice);
  return Done{};
}

}  // namespace hitch
