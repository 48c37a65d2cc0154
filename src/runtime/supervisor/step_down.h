#pragma once

#include "runtime/base/error.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// The machine gives a bundle no more than `level`. Says so, once: in the log, as an event, in what
/// clients are told of the bundle, and to who started the run.
/// @param refusal  what was tried and refused; its hint is what would change that
/// @return an Error if the bundle requires more
Status step_down(BundleScope* scope, const RunRequest* request, IsolationLevel level,
                 const Error& refusal);

}  // namespace hitch
