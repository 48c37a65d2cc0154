#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "runtime/base/result.h"

namespace hitch {

/// Asks the kernel for a list and shows each message of the answer: its type and what it carries.
/// netlink(7)
/// @param socket   of AF_NETLINK, SOCK_RAW; nobody else reads it
/// @param request  a whole message with its header, which has NLM_F_DUMP
/// @param visit    bytes are not aligned for anything, and gone when it returns
/// @return an Error whose err() is what the kernel answered, EMSGSIZE if it did not fit; some of
/// the
///         list may have been shown by then
Status dump_netlink(
    int socket, std::span<const char> request,
    const std::function<void(std::uint16_t type, std::span<const char> payload)>& visit);

}  // namespace hitch
