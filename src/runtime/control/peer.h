#pragma once

#include "runtime/base/result.h"

namespace hitch {

/// Whether the process at the other end of a connected Unix socket may give orders: it is of this
/// user, or root, and in this process's own user namespace. What runs inside a bundle shows the
/// same uid and is in another one. SO_PEERCRED in unix(7), user_namespaces(7)
Status check_peer(int socket);

}  // namespace hitch
