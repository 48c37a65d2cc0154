#pragma once

#include <sys/types.h>

namespace hitch {

/// For as long as it lives, this thread looks at files, and so at processes, as the user and group
/// of a process. Root that has lost CAP_SYS_PTRACE, as in most containers, may not look into a
/// process of somebody else; its owner may. setfsuid(2), ptrace(2) "Ptrace access mode checking"
class AsOwner {
 public:
  explicit AsOwner(pid_t pid) noexcept;
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
  ~AsOwner();

 private:
  bool changed_ = false;
  uid_t user_before_ = 0;
  gid_t group_before_ = 0;
};

}  // namespace hitch
