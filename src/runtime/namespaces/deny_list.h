#pragma once

#include <linux/filter.h>

#include <span>

namespace hitch {

/// Loads the default filter (default_deny_list in seccomp.h), which was compiled when hitch was
/// built, for the calling process and all it will start. Needs no_new_privs. Allocates nothing.
/// @return 0 or errno
int load_deny_list() noexcept;

/// Rules in front of it, in this order, that go on behind their end with the calls that they do not
/// decide. One filter, as a process can have only one listener, and as each further filter costs
/// every system call.
struct FilterParts {
  std::span<const sock_filter> denied{};
  std::span<const sock_filter> notified{};  ///< these give SECCOMP_RET_USER_NOTIF
  std::span<const sock_filter> allowed{};
};

/// The same with rules in front of it, without a listener. @return 0 or errno
int load_deny_list_behind_rules(const FilterParts& parts) noexcept;
/// The same with a listener. @return it (a new descriptor, close-on-exec), or -errno
int load_deny_list_behind(const FilterParts& parts) noexcept;
inline int load_deny_list_behind(std::span<const sock_filter> notified) noexcept {
  return load_deny_list_behind(FilterParts{.notified = notified});
}

}  // namespace hitch
