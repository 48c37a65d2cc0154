#include "introspect/net_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "introspect/parsers.h"

namespace hitch {

namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 question{};
};

enum class Answer { kMore, kEnd };

Error no_answer(int err) {
  return Error::from_errno(err, "ask for listening sockets");
}

Status send_question(int socket, int family, std::uint16_t port) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.question.sdiag_family = static_cast<std::uint8_t>(family);
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_states = 1U << static_cast<unsigned>(TcpState::kListen);
  request.question.id.idiag_sport = htons(port);
  request.question.id.idiag_cookie[0] = request.question.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent = ::sendto(socket, &request, sizeof request, MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return no_answer(errno);
  return Done{};
}

/// Takes the inodes out of one datagram, which is a row of messages. Messages are copied out, as
/// nothing says that they are aligned for us.
Result<Answer> read_answer(std::span<const char> bytes, std::uint16_t port,
                           std::vector<std::uint64_t>& inodes) {
  nlmsghdr header;
  while (bytes.size() >= sizeof header) {
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) break;
    const auto payload = bytes.subspan(sizeof header, header.nlmsg_len - sizeof header);
    // The end of a dump has the result of the dump: an error that came late.
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
      std::int32_t result = 0;
      if (payload.size() >= sizeof result) std::memcpy(&result, payload.data(), sizeof result);
      if (result < 0) return no_answer(-result);
      return Answer::kEnd;
    }
    inet_diag_msg found;
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && payload.size() >= sizeof found) {
      std::memcpy(&found, payload.data(), sizeof found);
      if (found.id.idiag_sport == htons(port)) inodes.push_back(found.idiag_inode);
    }
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), NLMSG_ALIGN(header.nlmsg_len)));
  }
  return Answer::kMore;
}

Status ask(int socket, int family, std::uint16_t port, std::vector<std::uint64_t>& inodes) {
  HITCH_CHECK(send_question(socket, family, port));
  for (;;) {
    std::array<char, 8192> buffer;
    // The kernel has answered by the time that sendto() returns: nothing to wait for.
    const auto n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0) return no_answer(errno);
    if (static_cast<std::size_t>(n) > buffer.size()) return no_answer(EMSGSIZE);
    const std::span<const char> bytes(buffer.data(), static_cast<std::size_t>(n));
    HITCH_TRY(const auto answer, read_answer(bytes, port, inodes));
    if (answer == Answer::kEnd) return Done{};
  }
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
