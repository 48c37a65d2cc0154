#pragma once

namespace hitch {

/// Keeps all mount events of the calling process's mount namespace to itself. In a chroot, whose
/// `/` is no mount point, that one becomes one first. Allocates nothing. mount_namespaces(7)
/// @return 0 or errno
int detach_mounts() noexcept;

}  // namespace hitch
