#pragma once

#include <string>

namespace hitch {

/// The user of a bundle that is made without a user namespace, by the rights of root.
struct PlainUser {
  unsigned uid = 0, gid = 0;
};

/// What belongs to nobody on any system: it is in the range that systemd's list of user ids leaves
/// free, and no distribution gives it away.
inline constexpr PlainUser kNobodyElse{61000, 61000};

/// Whether these ids exist in the user namespace of this process: in some there is only one.
bool exists_here(PlainUser user);

/// Who a bundle shall be whose directory belongs to `owner`: that owner, unless it is root.
PlainUser plain_user_for(PlainUser owner);

/// What this process lacks to make a bundle without a user namespace: the names of capabilities,
/// the user that a bundle needs, or "root" for one that is not that; empty if it has all.
std::string missing_rights_of_root();

/// What this process lacks of that to run programs as another user and to look after them.
std::string missing_rights_of_identity();

/// Becomes that user for good, without supplementary groups: the capabilities go, those of the
/// bounding set too. What a change of identity undoes is done again: death with the parent, and
/// that nobody may trace. Allocates nothing. credentials(7), prctl(2)
/// @return 0 or errno
int become(PlainUser user) noexcept;

}  // namespace hitch
