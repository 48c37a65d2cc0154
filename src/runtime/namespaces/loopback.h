#pragma once

namespace hitch {

/// Brings up `lo` of the calling process's network namespace: 127.0.0.1, and ::1 where the kernel
/// has IPv6. netdevice(7). Allocates nothing.
/// @return 0 or errno
int bring_loopback_up() noexcept;

}  // namespace hitch
