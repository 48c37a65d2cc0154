#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Opens a path as a process sees it: below its root, from which no symbolic link and no ".." leads
/// out. openat2(2), RESOLVE_IN_ROOT
/// @param pid    as this process sees it
/// @param path   absolute
/// @param flags  of open(2); O_CLOEXEC is added
Result<UniqueFd> open_inside(pid_t pid, const std::string& path, std::uint64_t flags);

}  // namespace hitch
