#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitch::introspect {

// What a Process answers with. Names, fields and units are those of psutil on Linux.

/// Real, effective and saved user or group ids, as this process's user namespace has them.
/// credentials(7)
template <typename Id>
struct Ids {
  Id real = 0, effective = 0, saved = 0;
  friend bool operator==(const Ids&, const Ids&) = default;
};

/// Seconds of processor time. proc_pid_stat(5), fields 14 to 17 and 42
struct CpuTimes {
  double user = 0, system = 0;
  double children_user = 0, children_system = 0;  ///< of children that it has waited for
  double iowait = 0;  ///< seconds that it has waited for disks; 0 unless the kernel accounts for it
};

/// What a process has read and written. proc_pid_io(5)
struct IoCounters {
  std::uint64_t read_count = 0, write_count = 0;  ///< system calls
  std::uint64_t read_bytes = 0, write_bytes = 0;  ///< from and to disks
  std::uint64_t read_chars = 0, write_chars = 0;  ///< bytes that went through these calls
};

/// Input and output priority. ioprio_set(2)
struct IoPriority {
  int ioclass = 0;  ///< 0 none, 1 real time, 2 best effort, 3 idle
  int value = 0;    ///< 0 (first) to 7
  friend bool operator==(const IoPriority&, const IoPriority&) = default;
};

/// Sizes in bytes. proc_pid_statm(5)
struct MemoryInfo {
  std::uint64_t rss = 0;     ///< resident
  std::uint64_t vms = 0;     ///< of the whole address space
  std::uint64_t shared = 0;  ///< resident and backed by files or shared memory
  std::uint64_t text = 0;    ///< code
  std::uint64_t lib = 0;     ///< always 0
  std::uint64_t data = 0;    ///< data and stack
  std::uint64_t dirty = 0;   ///< always 0
};

/// With what it takes to walk over the whole address space; bytes. proc_pid_smaps(5)
struct MemoryFullInfo : MemoryInfo {
  std::uint64_t uss = 0;   ///< of nobody else: what its end would free
  std::uint64_t pss = 0;   ///< what is shared counts in parts
  std::uint64_t swap = 0;  ///< swapped out
};

/// One mapping, or all of one path; sizes in bytes. proc_pid_smaps(5)
struct MemoryMap {
  std::string addr, perms;  ///< "00400000-0041f000", "r-xp"; empty of a group
  std::string path;         ///< of the file; "[heap]", "[anon]"…
  std::uint64_t rss = 0, size = 0, pss = 0;
  std::uint64_t shared_clean = 0, shared_dirty = 0, private_clean = 0, private_dirty = 0;
  std::uint64_t referenced = 0, anonymous = 0, swap = 0;
};

/// How often it gave up the processor, and how often that was taken away. proc_pid_status(5)
struct CtxSwitches {
  std::uint64_t voluntary = 0, involuntary = 0;
};

/// A regular file that is open. proc_pid_fdinfo(5)
struct OpenFile {
  std::string path;  ///< as the process sees it
  int fd = -1;
  std::int64_t position = 0;  ///< bytes from the beginning
  std::string mode;           ///< "r", "w", "a", "r+", "a+"
  int flags = 0;              ///< of open(2)
};

/// Processor time of one thread; seconds. proc_pid_task(5)
struct Thread {
  pid_t id = 0;
  double user_time = 0, system_time = 0;
};

/// One end of a connection over IP.
struct Address {
  std::string ip;  ///< "127.0.0.1", "::1"
  int port = 0;
  friend bool operator==(const Address&, const Address&) = default;
};

/// A socket of a process. tcp(7), udp(7), unix(7)
struct Connection {
  int fd = -1;
  int family = 0;                       ///< AF_INET, AF_INET6, AF_UNIX
  int type = 0;                         ///< SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
  std::optional<Address> laddr, raddr;  ///< of IP; nothing: no port yet
  std::string path;                     ///< of AF_UNIX; '@' first: of no file; empty: none
  std::string_view status = "NONE";     ///< of TCP: "LISTEN", "ESTABLISHED"…
};

/// Which sockets. In psutil a text.
enum class ConnectionKind {
  kInet,
  kInet4,
  kInet6,
  kTcp,
  kTcp4,
  kTcp6,
  kUdp,
  kUdp4,
  kUdp6,
  kUnix,
  kAll
};

/// A soft and a hard limit; RLIM_INFINITY: none. getrlimit(2)
struct Limits {
  std::uint64_t soft = 0, hard = 0;
  friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace hitch::introspect
