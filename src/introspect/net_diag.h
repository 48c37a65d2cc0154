#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// The sockets that listen on a TCP port, IPv4 or IPv6, on any address, as listening_sockets() has
/// them, asked of the kernel directly: 20 microseconds, where reading net/tcp walks over the hash
/// table of all connections of the machine, which takes milliseconds. sock_diag(7)
/// @param socket  of AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG, in the network namespace in question;
///                nobody else reads it
/// @return an Error if the kernel does not answer such questions, or not all of it: use the table
Result<std::vector<std::uint64_t>> ask_listening_sockets(int socket, std::uint16_t port);

}  // namespace hitch
