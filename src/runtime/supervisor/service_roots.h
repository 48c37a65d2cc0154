#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runtime/bundle/model.h"
#include "runtime/supervisor/bundle_space.h"

namespace hitch {

/// What the roots of services are made of, by their numbers.
struct RootContent {
  std::vector<std::filesystem::path> layers;  ///< directories, the lowest one first
};
using RootContents = std::map<std::uint32_t, RootContent>;

/// Numbers the roots of services, and fills in what an image says about how it is to be run: what
/// the file does not say. Reads no layers.
/// @return an Error that names the service and what is wrong with its image
Status resolve_roots(BundleSpec& bundle);

/// Adds the roots of the services to the namespaces that have been planned for them.
void use_roots(const RootContents& contents, const BundleSpec& bundle,
               BundleSpace::Request& request);

}  // namespace hitch
