#pragma once

#include <optional>
#include <string>

#include "runtime/bundle/check_service.h"
#include "runtime/bundle/diagnostics.h"

namespace hitch {

/// Decodes and checks what a merged file says about the bundle as a whole. The caller has filled
/// `spec.directory`; services are not looked at.
/// @param project_name  overrides the file's `name`
void check_bundle(Node& root, const std::optional<std::string>& project_name,
                  const Environment& caller, BundleSpec& spec, Diagnostics& out);

}  // namespace hitch
