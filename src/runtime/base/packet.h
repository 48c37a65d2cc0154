#pragma once

#include <sys/uio.h>

#include <array>
#include <span>

#include "runtime/base/fd.h"

namespace hitch {

/// At most so many descriptors travel with one packet.
inline constexpr std::size_t kPacketFds = 8;

/// Sends one packet with descriptors over a Unix socket; EINTR is retried, SIGPIPE never raised.
/// Allocates nothing. sendmsg(2), SCM_RIGHTS in unix(7)
/// @param flags  for example MSG_DONTWAIT
/// @return as sendmsg(2)
ssize_t send_packet(int socket, std::span<const iovec> parts, std::span<const int> fds,
                    int flags = 0) noexcept;

/// Receives one packet and the descriptors that came along, close-on-exec, in their order.
/// @return as recvmsg(2)
ssize_t receive_packet(int socket, std::span<iovec> parts, std::array<UniqueFd, kPacketFds>& fds,
                       int flags = 0) noexcept;

}  // namespace hitch
