#include "runtime/namespaces/deny_list.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

int load_deny_list_behind(std::span<const sock_filter> rules) noexcept {
  // Static: init allocates nothing. Jumps are relative, so two programs in a row are one.
  static std::array<sock_filter, BPF_MAXINSNS> together;
  const std::size_t length = rules.size() + std::size(kProgram);
  if (length > together.size()) return -E2BIG;
  std::ranges::copy(kProgram, std::ranges::copy(rules, together.begin()).out);
  const sock_fprog program{static_cast<unsigned short>(length), together.data()};
  const long listener =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  return listener >= 0 ? static_cast<int>(listener) : -errno;
}

}  // namespace hitch
