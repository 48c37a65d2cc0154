#pragma once

#include <linux/filter.h>

#include <span>

namespace hitch {

/// Loads the default filter (default_deny_list in seccomp.h), which was compiled when hitch was
/// built, for the calling process and all it will start. Needs no_new_privs. Allocates nothing.
/// @return 0 or errno
int load_deny_list() noexcept;

/// The same with rules in front of it that return SECCOMP_RET_USER_NOTIF for some calls, and go on
/// behind their end for the others. One filter, as a process can have only one listener, and as
/// each further filter costs every system call.
/// @return the listener (a new descriptor, close-on-exec), or -errno
int load_deny_list_behind(std::span<const sock_filter> rules) noexcept;

}  // namespace hitch
