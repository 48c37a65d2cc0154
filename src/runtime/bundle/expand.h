#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/bundle/check_service.h"
#include "runtime/bundle/diagnostics.h"

namespace hitch {

struct ExpandContext {
  const Environment* caller = nullptr;
  std::string bundle_name;
  std::vector<std::filesystem::path> recipe_dirs;
  std::filesystem::path cwd;
  std::string data_root{};  ///< see BundleSpec
};

/// One service and what is wrong with it: kept apart, since what a service that is not to be
/// started misses on this machine does not matter.
struct ExpandedService {
  ServiceTree service;
  Diagnostics diagnostics;
};

/// Makes the services of a merged and normalised file independent of everything else in it:
/// replicas become services of their own, variables are replaced, recipes are filled in.
std::vector<ExpandedService> expand_services(const Node& services, const ExpandContext& context,
                                             Diagnostics& out);

/// The variables of the caller's environment.
class Scope;
Scope caller_scope(const Environment& caller);

}  // namespace hitch
