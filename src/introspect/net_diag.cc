#include "introspect/net_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "introspect/netlink_dump.h"
#include "introspect/parsers.h"

namespace hitch {

namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 question{};
};

Status ask(int socket, int family, std::uint16_t port, std::vector<std::uint64_t>& inodes) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.question.sdiag_family = static_cast<std::uint8_t>(family);
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_states = 1U << static_cast<unsigned>(TcpState::kListen);
  request.question.id.idiag_sport = htons(port);
  request.question.id.idiag_cookie[0] = request.question.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  const auto take = [&](std::uint16_t type, std::span<const char> payload) {
    inet_diag_msg found;
    if (type != SOCK_DIAG_BY_FAMILY || payload.size() < sizeof found) return;
    std::memcpy(&found, payload.data(), sizeof found);
    if (found.id.idiag_sport == htons(port)) inodes.push_back(found.idiag_inode);
  };
  return dump_netlink(socket, {reinterpret_cast<const char*>(&request), sizeof request}, take);
}

}  // namespace

Result<std::vector<std::uint64_t>> ask_listening_sockets(int socket, std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  HITCH_CHECK(ask(socket, AF_INET, port, inodes));
  const auto v6 = ask(socket, AF_INET6, port, inodes);
  if (!v6 && v6.error().err() != ENOENT) return v6.error();  // ENOENT: a machine without IPv6
  return inodes;
}

}  // namespace hitch
