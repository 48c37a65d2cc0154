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

// Static: init allocates nothing. Jumps are relative, so programs in a row are one.
std::array<sock_filter, BPF_MAXINSNS> g_together;

/// @return a length of zero if it would be too long
sock_fprog put_together(const FilterParts& parts) noexcept {
  std::size_t length = 0;
  for (const auto part :
       {parts.denied, parts.notified, parts.allowed, std::span<const sock_filter>(kProgram)}) {
    if (length + part.size() > g_together.size()) return {0, nullptr};
    std::ranges::copy(part, g_together.begin() + static_cast<std::ptrdiff_t>(length));
    length += part.size();
  }
  return {static_cast<unsigned short>(length), g_together.data()};
}

int load(const sock_fprog& program, unsigned flags) noexcept {
  if (program.len == 0) return -E2BIG;
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  return result >= 0 ? static_cast<int>(result) : -errno;
}

}  // namespace

int load_deny_list() noexcept {
  return -load(
      {static_cast<unsigned short>(std::size(kProgram)), const_cast<sock_filter*>(kProgram)}, 0);
}

int load_deny_list_behind_rules(const FilterParts& parts) noexcept {
  return -load(put_together(parts), 0);
}

int load_deny_list_behind(const FilterParts& parts) noexcept {
  return load(put_together(parts), SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

}  // namespace hitch
