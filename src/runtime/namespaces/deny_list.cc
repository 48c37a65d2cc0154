#include "runtime/namespaces/deny_list.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

namespace hitch {

namespace {

constexpr sock_filter kProgram[] = {
#include "deny_list_program.inc"
};

}  // namespace

int load_deny_list() noexcept {
  const sock_fprog program{static_cast<unsigned short>(std::size(kProgram)),
                           const_cast<sock_filter*>(kProgram)};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace hitch
