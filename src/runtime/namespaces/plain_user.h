#pragma once

namespace hitch {

/// The user of a bundle that is made without a user namespace, by the rights of root.
struct PlainUser {
  unsigned uid = 0, gid = 0;
};

/// Becomes that user for good, without supplementary groups: the capabilities go, those of the
/// bounding set too. What a change of identity undoes is done again: death with the parent, and
/// that nobody may trace. Allocates nothing. credentials(7), prctl(2)
/// @return 0 or errno
int become(PlainUser user) noexcept;

}  // namespace hitch
