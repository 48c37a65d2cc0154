#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "introspect/parsers.h"
#include "introspect/process_error.h"
#include "runtime/base/fd.h"

namespace hitch::introspect {

class ProcDir;

/// Tables of sockets, to be combined by |.
enum SocketTables : unsigned {
  kTcp4Table = 1,
  kTcp6Table = 2,
  kUdp4Table = 4,
  kUdp6Table = 8,
  kUnixTable = 16
};

/// A socket of a network namespace.
struct SocketRow {
  int family = 0, type = 0;
  std::uint64_t inode = 0;
  SocketEnd local, remote;  ///< of IP
  TcpState state{};         ///< of TCP
  std::string_view path;    ///< of AF_UNIX, as in UnixSocket; borrowed, gone when the visit returns
};
using SocketVisit = std::function<void(const SocketRow&)>;

/// Shows the sockets in the network namespace of a process that some process holds. Asks the kernel
/// over netlink where that is allowed, which in another namespace it is to root alone, and reads
/// the tables in /proc/<pid>/net where it is not. A machine without a protocol has no sockets of
/// it.
Answer<Done> visit_sockets(const ProcDir& process, unsigned tables, const SocketVisit& visit);

/// The same from the tables in /proc/<pid>/net alone.
Answer<Done> read_socket_tables(const ProcDir& process, unsigned tables, const SocketVisit& visit);

/// The same over netlink.
/// @param socket  of AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG, in that network namespace
/// @param tables  what has been shown completely is taken out of it. Of what is left some may have
///                been shown.
void ask_for_sockets(int socket, unsigned& tables, const SocketVisit& visit);

/// Such a socket, in the network namespace of a process.
/// @return none if it cannot be had
UniqueFd diag_socket_beside(const ProcDir& process);

}  // namespace hitch::introspect
