#pragma once

#include <string>

namespace hitch {

/// Those of the capabilities that making a bundle without a user namespace takes, and that this
/// process does not have: "cap_sys_admin, cap_net_admin".
std::string missing_capabilities();

/// The same for being another user, owning nothing of root's, and ending what that user runs.
std::string missing_capabilities_of_identity();

}  // namespace hitch
