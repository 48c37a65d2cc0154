#pragma once

#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/early_init.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// Takes note of it, in `scope` and for people, if the machine gives bundles no user namespace and
/// the caller is root, who can do without. To be called before anything is planned.
/// @param early  whether it was refused one is the answer
/// @return an Error if there is no user namespace and no way to do without, or if more is required
Status settle_rights(BundleScope* scope, const RunRequest* request, const EarlyInit& early);

}  // namespace hitch
