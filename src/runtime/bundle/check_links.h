#pragma once

#include <vector>

#include "runtime/bundle/check_service.h"
#include "runtime/bundle/diagnostics.h"

namespace hitch {

/// A service in both of its forms: the spec says what it is, the tree where each key was written.
struct CheckedService {
  ServiceTree tree;
  ServiceSpec spec;
  Diagnostics diagnostics;  ///< of this service alone
};

/// Checks what services say about each other and makes a dependency on a replicated service one on
/// each of its replicas. Errors: two of the same name, an unknown dependency, one on itself, a
/// wait for the end of what does not end, a cycle.
void check_links(std::vector<CheckedService>& services, Diagnostics& out);

/// Errors: one port of the host for two ports of the bundle.
void check_published(const std::vector<CheckedService>& services, Diagnostics& out);

}  // namespace hitch
