#pragma once

#include <string>

#include "runtime/namespaces/plain_user.h"

namespace hitch {

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

}  // namespace hitch
