#pragma once

#include "runtime/control/target.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/service_run.h"

namespace hitch {

/// @param service  null: the bundle's own environment and directory
/// Starts a sub-command in the environment and directory of a service: one that its `subcommands`
/// name, or any program. Its stdio is the client's, or a terminal of the bundle's own; nothing of
/// it goes into the log.
Task<std::shared_ptr<ExecHandle>> start_exec(BundleScope* scope, const ServiceRun* service,
                                             ExecRequest request);

}  // namespace hitch
