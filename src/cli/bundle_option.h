#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "runtime/bundle/model.h"

namespace hitch {

/// Loads the bundle that the global flags name. If that fails, all that is wrong has been printed,
/// with the last line saying so, and the context has the exit code.
/// @param services  to run, with what they depend on; empty: all
std::optional<BundleSpec> load_bundle_for(Context& context,
                                          const std::vector<std::string>& services);

}  // namespace hitch
