#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "introspect/netlink_dump.h"
#include "introspect/proc_dir.h"
#include "introspect/socket_rows.h"

namespace hitch::introspect {

namespace {

/// Those that /proc/<pid>/net has too: 1 to 12. The next one, of a socket that is bound to a port
/// and neither listens nor connects, takes a walk over one more table.
constexpr std::uint32_t kAnyState = 0x1ffe;

template <typename Question>
struct Request {
  nlmsghdr header{};
  Question question{};

  explicit Request(std::uint16_t type) {
    header.nlmsg_len = sizeof *this;
    header.nlmsg_type = type;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  }
  std::span<const char> bytes() const {
    return {reinterpret_cast<const char*>(this), sizeof *this};
  }
};

/// Takes one socket of IP out of a message.
void visit_ip_message(std::span<const char> payload, int type, const SocketVisit& visit) {
  inet_diag_msg found;
  if (payload.size() < sizeof found) return;
  std::memcpy(&found, payload.data(), sizeof found);
  if (found.idiag_inode == 0) return;
  SocketRow row{.family = found.idiag_family,
                .type = type,
                .inode = found.idiag_inode,
                .local = {},
                .remote = {},
                .state = static_cast<TcpState>(found.idiag_state),
                .path = {}};
  const std::size_t bytes = found.idiag_family == AF_INET6 ? 16 : 4;
  std::memcpy(row.local.address.data(), found.id.idiag_src, bytes);
  std::memcpy(row.remote.address.data(), found.id.idiag_dst, bytes);
  row.local.port = ntohs(found.id.idiag_sport);
  row.remote.port = ntohs(found.id.idiag_dport);
  visit(row);
}

/// The bytes of sun_path as net/unix prints them: without the NUL at the end of a path, and with
/// '@' for those of a name that belongs to no file.
void make_printable(std::string& path) {
  if (!path.empty() && path.front() != '\0') {
    path.resize(std::min(path.find('\0'), path.size()));
  } else {
    std::replace(path.begin(), path.end(), '\0', '@');
  }
}

void visit_unix_message(std::span<const char> payload, const SocketVisit& visit) {
  unix_diag_msg found;
  if (payload.size() < sizeof found) return;
  std::memcpy(&found, payload.data(), sizeof found);
  std::string path;
  auto rest = payload.subspan(sizeof found);
  rtattr attribute;
  while (rest.size() >= sizeof attribute) {
    std::memcpy(&attribute, rest.data(), sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > rest.size()) break;
    if (attribute.rta_type == UNIX_DIAG_NAME) {
      path.assign(rest.data() + sizeof attribute, attribute.rta_len - sizeof attribute);
    }
    rest = rest.subspan(std::min<std::size_t>(rest.size(), RTA_ALIGN(attribute.rta_len)));
  }
  make_printable(path);
  visit({.family = AF_UNIX,
         .type = found.udiag_type,
         .inode = found.udiag_ino,
         .local = {},
         .remote = {},
         .state = {},
         .path = path});
}

/// TCP of both families in one walk over the table of connections, which is what takes the time: a
/// quarter of a millisecond on a machine with much memory. The older form of the question has no
/// family in it. include/uapi/linux/inet_diag.h
bool ask_for_tcp(int socket, const SocketVisit& visit) {
  Request<inet_diag_req> request(TCPDIAG_GETSOCK);
  request.question.idiag_states = kAnyState;
  const auto take = [&](std::uint16_t type, std::span<const char> payload) {
    if (type == TCPDIAG_GETSOCK) visit_ip_message(payload, SOCK_STREAM, visit);
  };
  return dump_netlink(socket, request.bytes(), take).ok();
}

bool ask_for_ip(int socket, int family, int type, const SocketVisit& visit) {
  Request<inet_diag_req_v2> request(SOCK_DIAG_BY_FAMILY);
  request.question.sdiag_family = static_cast<std::uint8_t>(family);
  request.question.sdiag_protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  request.question.idiag_states = kAnyState;
  const auto take = [&](std::uint16_t kind, std::span<const char> payload) {
    if (kind == SOCK_DIAG_BY_FAMILY) visit_ip_message(payload, type, visit);
  };
  return dump_netlink(socket, request.bytes(), take).ok();
}

bool ask_for_unix(int socket, const SocketVisit& visit) {
  Request<unix_diag_req> request(SOCK_DIAG_BY_FAMILY);
  request.question.sdiag_family = AF_UNIX;
  request.question.udiag_states = kAnyState;
  request.question.udiag_show = UDIAG_SHOW_NAME;
  const auto take = [&](std::uint16_t kind, std::span<const char> payload) {
    if (kind == SOCK_DIAG_BY_FAMILY) visit_unix_message(payload, visit);
  };
  return dump_netlink(socket, request.bytes(), take).ok();
}

UniqueFd new_diag_socket() {
  return UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
}

}  // namespace

void ask_for_sockets(int socket, unsigned& tables, const SocketVisit& visit) {
  constexpr unsigned kTcp = kTcp4Table | kTcp6Table;
  if ((tables & kTcp) == kTcp && ask_for_tcp(socket, visit)) tables &= ~kTcp;
  const auto ask = [&](unsigned table, int family, int type) {
    if ((tables & table) != 0 && ask_for_ip(socket, family, type, visit)) tables &= ~table;
  };
  ask(kTcp4Table, AF_INET, SOCK_STREAM);
  ask(kTcp6Table, AF_INET6, SOCK_STREAM);
  ask(kUdp4Table, AF_INET, SOCK_DGRAM);
  ask(kUdp6Table, AF_INET6, SOCK_DGRAM);
  if ((tables & kUnixTable) != 0 && ask_for_unix(socket, visit)) tables &= ~kUnixTable;
}

UniqueFd diag_socket_beside(const ProcDir& process) {
  struct stat theirs, ours;
  if (::fstatat(process.fd(), "ns/net", &theirs, 0) != 0) return {};
  if (::stat("/proc/thread-self/ns/net", &ours) != 0) return {};
  if (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev) return new_diag_socket();
  if (::geteuid() != 0) return {};  // setns(2) asks for a capability in our own user namespace
  const UniqueFd there(::openat(process.fd(), "ns/net", O_RDONLY | O_CLOEXEC));
  if (!there.is_open()) return {};
  // The namespace is that of a thread, and a socket stays in the one that it was made in: a thread
  // that makes one and ends leaves everybody else where they are.
  UniqueFd socket;
  try {
    std::thread([&] {
      if (::setns(there.get(), CLONE_NEWNET) == 0) socket = new_diag_socket();
    }).join();
  } catch (const std::system_error&) {  // no thread to be had: the tables do as well
  }
  return socket;
}

}  // namespace hitch::introspect
