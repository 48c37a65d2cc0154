#include "introspect/as_owner.h"

#include <sys/fsuid.h>
#include <sys/stat.h>

#include "introspect/proc_file.h"

namespace hitch {

AsOwner::AsOwner(pid_t pid) noexcept {
  // The directory of one that may not be dumped belongs to root, and nothing is gained. proc(5)
  struct stat info {};
  const ProcPath path(pid, "");
  if (::stat(path.c_str(), &info) != 0) return;
  changed_ = true;
  group_before_ = static_cast<gid_t>(::setfsgid(info.st_gid));  // first, while it is allowed
  user_before_ = static_cast<uid_t>(::setfsuid(info.st_uid));
}

AsOwner::~AsOwner() {
  if (!changed_) return;
  (void)::setfsuid(user_before_);
  (void)::setfsgid(group_before_);
}

}  // namespace hitch
