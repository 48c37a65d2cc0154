#pragma once

#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/early_init.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// Whether the machine refuses namespaces to bundles of this caller in every way.
/// @param early  whether it was refused them is the answer
bool has_no_namespaces(const EarlyInit& early);

/// Takes note of it, in `scope` and for people, if the machine gives bundles no user namespace:
/// root can do without, and everybody else runs them without any namespaces. To be called before
/// anything is planned.
/// @return an Error if more is required, or if what the bundle needs is not to be had without
Status settle_rights(BundleScope* scope, const RunRequest* request, const EarlyInit& early);

}  // namespace hitch
