#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "runtime/base/result.h"
#include "runtime/bundle/load.h"
#include "runtime/bundle/model.h"

namespace hitch {

/// What the global flags and the caller's surroundings say about the bundle to load.
/// @return an Error if there is no current directory
Result<LoadRequest> load_request_of(const Context& context);

/// Loads the bundle that the global flags name. If that fails, all that is wrong has been printed,
/// with the last line saying so, and the context has the exit code.
/// @param services  to run, with what they depend on; empty: all
/// @param scratch   see LoadRequest
std::optional<BundleSpec> load_bundle_for(Context& context,
                                          const std::vector<std::string>& services,
                                          const std::string& scratch = {});

}  // namespace hitch
