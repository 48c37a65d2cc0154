#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string_view>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/ready/target.h"

namespace hitch {

/// How long one attempt to connect, or to get an answer, may take.
inline constexpr std::chrono::seconds kAttemptLimit{2};

/// The addresses that a host's name stands for inside a bundle, in the order in which to try them:
/// localhost is both loopbacks, any other name is 127.0.0.1: it is that of a service, as the check
/// of the bundle file lets nothing else pass. "::1" may be in brackets.
std::vector<asio::ip::address> addresses_of(std::string_view host);

/// Connects inside the bundle.
/// @return an Error also if the socket has found itself: on a port from which the kernel takes
///         those of clients, a connection to nobody can be answered by its own beginning
Task<asio::ip::tcp::socket> connect_inside(ReadyTarget* target, asio::ip::tcp::endpoint endpoint);

/// "localhost:80", "[::1]:80".
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace hitch
