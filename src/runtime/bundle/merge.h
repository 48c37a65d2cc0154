#pragma once

#include "runtime/bundle/keys.h"
#include "runtime/bundle/node.h"

namespace hitch {

/// Lays a later file over an earlier one; both normalised. compose-spec, "Merge": maps by key,
/// lists one after the other, but commands and lists of commands as a whole. `!override` replaces,
/// `!reset` removes.
Node merge_bundles(Node base, Node over);

/// The same for one service, as for a recipe under the service that uses it.
Node merge_services(Node base, Node over);

/// Removes what is tagged `!reset`, when there is nothing below it any more.
void drop_resets(Node& node);

}  // namespace hitch
