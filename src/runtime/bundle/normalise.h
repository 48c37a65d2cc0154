#pragma once

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/node.h"

namespace hitch {

/// Brings one file into the one form that merging and checking know: canonical words instead of
/// aliases, maps instead of the lists that environment and depends_on may be, lists where a single
/// text is allowed, no `x-` keys. What has the wrong shape stays as it is: check complains about
/// it. Errors: a key that is given both by its name and by its alias.
void normalise_bundle(Node& root, Diagnostics& out);

/// The same for the service of a recipe.
void normalise_service(Node& service, const KeyPath& path, Diagnostics& out);

}  // namespace hitch
