#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hitch {

/// Parsers of the text files of /proc. They allocate nothing and accept any bytes.

/// Of the flags in /proc/<pid>/stat those that are of interest. include/linux/sched.h
enum ProcessFlag : unsigned {
  kIsEnding = 0x4,             ///< has given back memory and files, or is about to
  kIsKernelThread = 0x200000,  ///< has none
};

/// One line of /proc/<pid>/stat. Times are clock ticks: divide by sysconf(_SC_CLK_TCK). proc(5)
struct ProcStat {
  std::string_view comm;  ///< borrowed from the parsed line
  pid_t pid = 0;
  char state = '?';  ///< R, S, D, Z, T…
  pid_t parent = 0;
  pid_t process_group = 0;
  pid_t session = 0;
  std::int64_t terminal = 0;                             ///< device number; 0: it has none
  unsigned flags = 0;                                    ///< of ProcessFlag and others
  std::uint64_t utime = 0, stime = 0;                    ///< ticks
  std::uint64_t children_utime = 0, children_stime = 0;  ///< ticks, of children it has waited for
  int nice = 0;                                          ///< -20 to 19
  int threads = 0;
  std::uint64_t start_time = 0;   ///< ticks since boot; with the pid it identifies a process
  std::uint64_t vsize = 0;        ///< bytes
  std::int64_t rss_pages = 0;     ///< resident pages
  int processor = 0;              ///< on which it ran last
  std::uint64_t block_delay = 0;  ///< ticks that it has waited for disks
};

/// A name may hold spaces, ')' and newlines, so it ends at the LAST ')'. A line may end behind
/// start_time: what an older kernel does not have is 0.
std::optional<ProcStat> parse_stat(std::string_view line) noexcept;

/// State of a TCP socket, as /proc has it. include/net/tcp_states.h
enum class TcpState : std::uint8_t {
  kEstablished = 1,
  kSynSent,
  kSynReceived,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kClose,
  kCloseWait,
  kLastAck,
  kListen,
  kClosing,
  kNewSynReceived,
};

/// One end of a connection.
struct SocketEnd {
  std::array<unsigned char, 16> address{};  ///< in network order; of IPv4 the first four
  std::uint16_t port = 0;                   ///< in host order

  friend bool operator==(const SocketEnd&, const SocketEnd&) = default;
};

/// One line of /proc/<pid>/net/tcp or net/tcp6.
struct TcpSocket {
  bool is_v6 = false;
  SocketEnd local, remote;
  TcpState state{};
  uid_t uid = 0;
  std::uint64_t inode = 0;  ///< 0: no process holds it
};

/// @return nothing for the heading and for anything that is no such line
std::optional<TcpSocket> parse_tcp_line(std::string_view line) noexcept;

/// One line of /proc/<pid>/net/unix. unix(7)
struct UnixSocket {
  int type = 0;  ///< SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
  std::uint64_t inode = 0;
  std::string_view path;  ///< borrowed from the parsed line; '@' first: of no file; empty: none
};

/// @return nothing for the heading and for anything that is no such line
std::optional<UnixSocket> parse_unix_line(std::string_view line) noexcept;

/// The inode of "socket:[12345]", as a link in /proc/<pid>/fd reads.
std::optional<std::uint64_t> parse_socket_link(std::string_view link) noexcept;

/// Splits a file into lines: takes the first one, without its newline, from the front of `text`,
/// which is not empty.
std::string_view take_line(std::string_view& text) noexcept;

}  // namespace hitch
