#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Makes the datagram socket to which a service sends its notifications, bound inside the bundle
/// and writable for everybody there. Whatever was at the path is replaced. sd_notify(3), unix(7)
/// @param init_pid  of the bundle's init, as this process sees it
/// @param path      in the bundle, absolute; its directory exists. For NOTIFY_SOCKET: the service's
///                  own library wants fewer than 108 bytes
/// @return non-blocking, close-on-exec. An Error says which step failed on `path`
Result<UniqueFd> make_notify_socket(pid_t viewer_pid, const std::string& path);

}  // namespace hitch
