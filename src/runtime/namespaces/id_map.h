#pragma once

#include <sys/types.h>

#include "runtime/base/result.h"

namespace hitch {

/// The one user of a bundle: `inside` is what its processes see, `outside` who they are. A single
/// id needs no privilege and no subordinate ids. user_namespaces(7)
struct IdMap {
  uid_t inside_uid = 1000;
  gid_t inside_gid = 1000;
  uid_t outside_uid = 0;
  gid_t outside_gid = 0;
};

/// Writes the maps of the user namespace of `pid`, which must be a fresh child of the caller.
/// setgroups(2) is given up for good first, as the kernel demands of an unprivileged writer.
Status write_id_map(pid_t pid, const IdMap& map);

}  // namespace hitch
