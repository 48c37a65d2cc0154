#pragma once

#include <string>

#include "runtime/bundle/model.h"
#include "runtime/process/environment.h"
#include "runtime/supervisor/init_link.h"

namespace hitch {

/// Where a service finds the socket for READY=1, in the bundle. sd_notify(3)
std::string notify_path_of(const BundleSpec& bundle, std::string_view service);

/// The variables of a service: the clean environment, what hitch adds, what the files say.
ProcessEnvironment service_environment(const BundleSpec& bundle, const ServiceSpec& service,
                                       const ProcessEnvironment& caller, bool has_notify_socket);

/// The variables of CMD: all of the caller's, what hitch adds, what the file says for the bundle.
ProcessEnvironment command_environment(const BundleSpec& bundle, const ProcessEnvironment& caller);

/// A launch of `command` in the environment and directory of a service, without streams yet.
LaunchRequest launch_for(const ServiceSpec& service, const Command& command,
                         const ProcessEnvironment& environment);

}  // namespace hitch
