#pragma once

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/model.h"

namespace hitch {

/// Reads what a bundle may do beyond the default, if `key` is a key about that: `seccomp`,
/// `allow_userns`, `cap_add`. docs/bundle-file.md
void read_rights(std::string_view key, const Field& field, BundleSpec& spec);
/// Looks at what all of it comes to.
void check_rights(const Field& bundle, const BundleSpec& spec);

}  // namespace hitch
