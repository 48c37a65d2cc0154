#include "introspect/netlink_dump.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace hitch {

namespace {

enum class Answer { kMore, kEnd };

/// The kernel fills no more than this for one read of a dump. af_netlink.c, netlink_dump()
constexpr std::size_t kDatagramBytes = 32768;

Error no_answer(int err) {
  return Error::from_errno(err, "ask the kernel for sockets");
}

/// Goes over one datagram, which is a row of messages. Headers are copied out, as nothing says that
/// they are aligned for us.
Result<Answer> visit_messages(
    std::span<const char> bytes,
    const std::function<void(std::uint16_t, std::span<const char>)>& visit) {
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
    visit(header.nlmsg_type, payload);
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), NLMSG_ALIGN(header.nlmsg_len)));
  }
  return Answer::kMore;
}

}  // namespace

Status dump_netlink(
    int socket, std::span<const char> request,
    const std::function<void(std::uint16_t type, std::span<const char> payload)>& visit) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent = ::sendto(socket, request.data(), request.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return no_answer(errno);
  std::array<char, kDatagramBytes> buffer;
  for (;;) {
    // The kernel answers within sendto() and recv(): there is nothing to wait for.
    const auto n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0) return no_answer(errno);
    if (static_cast<std::size_t>(n) > buffer.size()) return no_answer(EMSGSIZE);
    const std::span<const char> bytes(buffer.data(), static_cast<std::size_t>(n));
    HITCH_TRY(const auto answer, visit_messages(bytes, visit));
    if (answer == Answer::kEnd) return Done{};
  }
}

}  // namespace hitch
