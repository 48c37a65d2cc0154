#pragma once

#include "runtime/process/exit_status.h"
#include "runtime/supervisor/bundle_scope.h"

namespace hitch {

/// Runs a command in a service's environment and directory until it ends; its output goes into the
/// log as that of `phase`, or nowhere when `quiet`.
/// When the task is stopped meanwhile, the command goes on until the bundle ends.
enum class HookOutput { kLogged, kThrownAway };
Task<ExitStatus> run_hook(BundleScope* scope, const ServiceSpec* service, Command command,
                          const ProcessEnvironment* environment, Phase phase, HookOutput output);

/// A command as people write it, for messages; cut when long.
std::string command_text(const Command& command);

}  // namespace hitch
