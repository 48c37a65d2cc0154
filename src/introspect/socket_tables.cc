#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "introspect/proc_dir.h"
#include "introspect/socket_rows.h"

namespace hitch::introspect {

namespace {

struct IpTable {
  unsigned table;
  const char* name;
  int family, type;
};
constexpr IpTable kIpTables[] = {{kTcp4Table, "net/tcp", AF_INET, SOCK_STREAM},
                                 {kTcp6Table, "net/tcp6", AF_INET6, SOCK_STREAM},
                                 {kUdp4Table, "net/udp", AF_INET, SOCK_DGRAM},
                                 {kUdp6Table, "net/udp6", AF_INET6, SOCK_DGRAM}};

void visit_ip_rows(std::string_view text, const IpTable& table, const SocketVisit& visit) {
  while (!text.empty()) {
    const auto socket = parse_tcp_line(take_line(text));  // net/udp has the same form
    if (!socket || socket->inode == 0) continue;
    visit({.family = table.family,
           .type = table.type,
           .inode = socket->inode,
           .local = socket->local,
           .remote = socket->remote,
           .state = socket->state,
           .path = {}});
  }
}

void visit_unix_rows(std::string_view text, const SocketVisit& visit) {
  while (!text.empty()) {
    const auto socket = parse_unix_line(take_line(text));
    if (!socket || socket->inode == 0) continue;
    visit({.family = AF_UNIX,
           .type = socket->type,
           .inode = socket->inode,
           .local = {},
           .remote = {},
           .state = {},
           .path = socket->path});
  }
}

}  // namespace

Answer<Done> read_socket_tables(const ProcDir& process, unsigned tables, const SocketVisit& visit) {
  std::string buffer;
  for (const auto& table : kIpTables) {
    if ((tables & table.table) == 0) continue;
    const auto text = process.read(table.name, buffer);
    if (text) {
      visit_ip_rows(*text, table, visit);
    } else if (text.error().kind() != ProcessErrorKind::kOther || text.error().err() != ENOENT) {
      return text.error();  // ENOENT of a process that is there: no IPv6
    }
  }
  if ((tables & kUnixTable) != 0) {
    HITCH_TRY(const auto text, process.read("net/unix", buffer));
    visit_unix_rows(text, visit);
  }
  return Done{};
}

Answer<Done> visit_sockets(const ProcDir& process, unsigned tables, const SocketVisit& visit) {
  const auto socket = diag_socket_beside(process);
  if (socket.is_open()) ask_for_sockets(socket.get(), tables, visit);
  return tables == 0 ? Done{} : read_socket_tables(process, tables, visit);
}

}  // namespace hitch::introspect
