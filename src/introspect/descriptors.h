#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "introspect/process_error.h"
#include "introspect/process_types.h"

namespace hitch::introspect {

class ProcDir;

/// A descriptor of a process and what it refers to. proc_pid_fd(5)
struct Descriptor {
  int fd = -1;
  std::uint64_t socket_inode = 0;  ///< 0: it is no socket
  std::string path;                ///< empty: it has none in the file system
};

/// All descriptors of a process, by number. One that is closed meanwhile is left out.
Answer<std::vector<Descriptor>> read_descriptors(const ProcDir& process);

/// How many there are, without looking at each where the kernel has counted them (since Linux 6.2).
Answer<int> count_descriptors(const ProcDir& process);

/// Those that are regular files which still have a name.
Answer<std::vector<OpenFile>> open_files_of(const ProcDir& process,
                                            std::span<const Descriptor> descriptors);

/// Those that are sockets of this kind, with what they are connected to.
Answer<std::vector<Connection>> connections_of(const ProcDir& process,
                                               std::span<const Descriptor> descriptors,
                                               ConnectionKind kind);

/// "inet6" is kInet6.
/// @return nothing for a word that there is not
std::optional<ConnectionKind> connection_kind(std::string_view word) noexcept;

}  // namespace hitch::introspect
