#pragma once

#include <string>

#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// Makes the control groups that the limits of the services need. What this machine does not limit
/// is said once, unless the file insists on it.
/// @return an Error that names the first limit that is required and cannot be had
Status put_limits_in_force(BundleScope* scope, const RunRequest* request);

/// Lets a program that is to be launched enter the groups of its service, if that has any.
void enter_groups(const BundleScope& scope, const std::string& service, LaunchRequest* launch);

/// Removes the groups of the bundle, once none of its processes is left.
Task<Done> remove_groups(BundleScope* scope, Milliseconds patience);

/// "64 MiB", "1000 bytes": for messages.
std::string size_text(std::uint64_t bytes);

}  // namespace hitch
