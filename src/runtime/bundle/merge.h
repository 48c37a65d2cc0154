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

/// Removes keys tagged `!reset`, once no file is left that they could reset.
enum class Depth {
  kBundle,  ///< those of the bundle and whole services; a recipe may still come below a service
  kAll,
};
void drop_resets(Node& node, Depth depth);

}  // namespace hitch
