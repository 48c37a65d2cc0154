#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "introspect/descriptors.h"
#include "introspect/proc_dir.h"
#include "introspect/socket_rows.h"

namespace hitch::introspect {

namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 11> kKinds{
    {{"inet", kTcp4Table | kTcp6Table | kUdp4Table | kUdp6Table},
     {"inet4", kTcp4Table | kUdp4Table},
     {"inet6", kTcp6Table | kUdp6Table},
     {"tcp", kTcp4Table | kTcp6Table},
     {"tcp4", kTcp4Table},
     {"tcp6", kTcp6Table},
     {"udp", kUdp4Table | kUdp6Table},
     {"udp4", kUdp4Table},
     {"udp6", kUdp6Table},
     {"unix", kUnixTable},
     {"all", kTcp4Table | kTcp6Table | kUdp4Table | kUdp6Table | kUnixTable}}};

/// psutil's words for the states of TCP, by their numbers.
constexpr std::array<std::string_view, 13> kWords{
    "NONE",  "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "SYN_RECV"};

std::string_view word_of(TcpState state) noexcept {
  const auto number = static_cast<std::size_t>(state);
  if (number >= kWords.size()) return "NONE";
  return kWords[number];
}

/// "127.0.0.1"; inet_ntop(3) takes ten times as long.
std::string ip4_text(const SocketEnd& end) {
  std::array<char, 16> text;
  char* at = text.data();
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), end.address[i]).ptr;
  }
  return {text.data(), at};
}

std::string ip6_text(const SocketEnd& end) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  (void)::inet_ntop(AF_INET6, end.address.data(), text.data(), text.size());  // it always fits
  return text.data();
}

/// Without a port there is no address either: the socket has not been bound, or not connected.
std::optional<Address> address_of(const SocketEnd& end, int family) {
  if (end.port == 0) return std::nullopt;
  return Address{family == AF_INET6 ? ip6_text(end) : ip4_text(end), end.port};
}

/// The sockets among the descriptors of a process, to be found by inode.
class OwnSockets {
 public:
  struct Entry {
    std::uint64_t inode;
    int fd;
    bool shown;
  };

  explicit OwnSockets(std::span<const Descriptor> descriptors) {
    for (const auto& descriptor : descriptors) {
      if (descriptor.socket_inode == 0) continue;
      entries_.push_back({descriptor.socket_inode, descriptor.fd, false});
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.inode, a.fd) < std::pair(b.inode, b.fd);
    });
  }

  bool empty() const noexcept { return entries_.empty(); }
  /// The descriptors of one socket, the lowest first.
  std::span<Entry> find(std::uint64_t inode) {
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), inode,
        [](const Entry& entry, std::uint64_t wanted) { return entry.inode < wanted; });
    auto last = first;
    while (last != entries_.end() && last->inode == inode) ++last;
    return {first, last};
  }

 private:
  std::vector<Entry> entries_;
};

Connection connection_of(const SocketRow& row, int fd) {
  Connection connection;
  connection.fd = fd;
  connection.family = row.family;
  connection.type = row.type;
  if (row.family == AF_UNIX) {
    connection.path = row.path;
    return connection;
  }
  connection.laddr = address_of(row.local, row.family);
  connection.raddr = address_of(row.remote, row.family);
  if (row.type == SOCK_STREAM) connection.status = word_of(row.state);
  return connection;
}

}  // namespace

std::optional<ConnectionKind> connection_kind(std::string_view word) noexcept {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].first == word) return static_cast<ConnectionKind>(i);
  }
  return std::nullopt;
}

Answer<std::vector<Connection>> connections_of(const ProcDir& process,
                                               std::span<const Descriptor> descriptors,
                                               ConnectionKind kind) {
  std::vector<Connection> found;
  OwnSockets own(descriptors);
  if (own.empty()) return found;
  const auto add = [&](const SocketRow& row) {
    // A socket of IP counts once, a unix socket for each of its descriptors: so does psutil.
    for (auto& entry : own.find(row.inode)) {
      // A table that was begun over netlink may come again as a text.
      if (!std::exchange(entry.shown, true)) found.push_back(connection_of(row, entry.fd));
      if (row.family != AF_UNIX) break;
    }
  };
  const auto tables = kKinds[static_cast<std::size_t>(kind)].second;
  HITCH_CHECK(visit_sockets(process, tables, add));
  if (!process.exists()) return process.failure(ESRCH, "list its sockets");
  return found;
}

}  // namespace hitch::introspect
