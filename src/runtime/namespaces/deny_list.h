#pragma once

namespace hitch {

/// Loads the default filter (default_deny_list in seccomp.h), which was compiled when hitch was
/// built, for the calling process and all it will start. Needs no_new_privs. Allocates nothing.
/// @return 0 or errno
int load_deny_list() noexcept;

}  // namespace hitch
