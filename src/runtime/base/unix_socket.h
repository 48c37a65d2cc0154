#pragma once

#include <string>

#include "runtime/base/fd.h"

namespace hitch {

/// A stream socket that listens at `path`, mode 0600; what was there before is replaced. The path
/// may be longer than the 107 bytes of an address: its directory is named by a descriptor. unix(7)
/// @return non-blocking, close-on-exec
Result<UniqueFd> listen_at(const std::string& path);

/// A stream socket connected to the one that listens at `path`, of any length. Blocking.
Result<UniqueFd> connect_to(const std::string& path);

}  // namespace hitch
