#pragma once

#include <sys/types.h>

#include <string>

namespace hitch {

/// The one user of a bundle: `inside` is what its processes see, `outside` who they are. A single
/// id needs no privilege and no subordinate ids. user_namespaces(7)
struct IdMap {
  uid_t inside_uid = 1000;
  gid_t inside_gid = 1000;
  uid_t outside_uid = 0;
  gid_t outside_gid = 0;
  bool operator==(const IdMap&) const = default;
};

/// The maps as the kernel reads them, made ready before a clone.
struct IdMapTexts {
  std::string uid_map, gid_map;
};
IdMapTexts id_map_texts(const IdMap& map);

/// Writes the maps of the calling process's own, fresh user namespace, which may map the one id
/// that it has outside. setgroups(2) is given up for good first, as the kernel demands of an
/// unprivileged writer. Allocates nothing.
/// @return 0 or errno
int write_own_id_map(const IdMapTexts& texts) noexcept;

}  // namespace hitch
