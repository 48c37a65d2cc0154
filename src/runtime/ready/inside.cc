#include "runtime/ready/inside.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "introspect/proc_file.h"

namespace hitch {

Result<UniqueFd> open_inside(pid_t pid, const std::string& path, std::uint64_t flags) {
  HITCH_TRY(const auto root, open_proc_file(pid, "root", O_PATH | O_DIRECTORY));
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const auto fd = ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
  if (fd < 0) return Error::from_errno(errno, "open", path);
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace hitch
