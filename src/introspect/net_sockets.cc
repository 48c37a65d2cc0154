#include "introspect/net_sockets.h"

#include <cerrno>
#include <string>

#include "introspect/parsers.h"
#include "introspect/proc_file.h"

namespace hitch {

namespace {

/// Some 100,000 sockets. The kernel lists those that listen first.
constexpr std::size_t kTableLimitBytes = std::size_t{16} << 20;

}  // namespace

Result<std::vector<std::uint64_t>> listening_sockets(pid_t pid, std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  std::string buffer;
  for (const bool is_v6 : {false, true}) {
    const auto table =
        read_proc_file(pid, is_v6 ? "net/tcp6" : "net/tcp", buffer, kTableLimitBytes);
    if (!table && is_v6 && table.error().err() == ENOENT) break;
    HITCH_TRY(auto text, table);
    while (!text.empty()) {
      const auto socket = parse_tcp_line(take_line(text));
      if (!socket || socket->state != TcpState::kListen || socket->local.port != port) continue;
      inodes.push_back(socket->inode);
    }
  }
  return inodes;
}

}  // namespace hitch
