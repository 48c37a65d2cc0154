#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// The sockets that listen on a TCP port, IPv4 or IPv6, on any address, in the network namespace of
/// a process: their inodes. Several with SO_REUSEPORT or on several addresses.
/// @return an Error if the process has ended (ENOENT, ESRCH); a machine without IPv6 is none
Result<std::vector<std::uint64_t>> listening_sockets(pid_t pid, std::uint16_t port);

}  // namespace hitch
