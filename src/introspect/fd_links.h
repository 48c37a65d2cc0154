#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// Whether to go on.
enum class Visit { kGoOn, kStop };

/// Shows what each descriptor of a process refers to: a path, "socket:[12345]", "pipe:[678]"…, cut
/// at 255 bytes. proc(5), /proc/[pid]/fd
/// @return an Error if the process has ended (ENOENT, ESRCH) or may not be looked into (EACCES)
Status visit_fd_links(pid_t pid, const std::function<Visit(int fd, std::string_view link)>& visit);

/// Whether a process holds one of these sockets.
/// @param inodes  as parse_tcp_line has them
/// @return an Error as above
Result<bool> holds_socket(pid_t pid, std::span<const std::uint64_t> inodes);

}  // namespace hitch
