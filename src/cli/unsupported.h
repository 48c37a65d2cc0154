#pragma once

#include <string>
#include <vector>

#include "runtime/bundle/model.h"

namespace hitch {

/// What a bundle asks for and this version does not do yet, as keys: "clock",
/// "services.Web.publish". Said plainly, never passed over.
std::vector<std::string> unsupported_features(const BundleSpec& bundle);

}  // namespace hitch
