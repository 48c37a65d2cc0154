#include "runtime/namespaces/caps.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace hitch {

namespace {

constexpr unsigned long kMostCapabilities = 64;

bool has_bit(std::uint64_t set, unsigned long cap) noexcept {
  return (set >> cap & 1) != 0;
}

/// @return 0 or errno
int raise_ambient(std::uint64_t set) noexcept {
  for (unsigned long cap = 0; cap < kMostCapabilities; ++cap) {
    if (!has_bit(set, cap)) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return errno;
  }
  return 0;
}

struct CapabilitySets {
  std::uint64_t permitted = 0, effective = 0, inheritable = 0;
};

/// libcap allocates, which a copy of init must not do.
int set_capabilities(const CapabilitySets& wanted) noexcept {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].permitted = static_cast<std::uint32_t>(wanted.permitted >> (32 * i));
    sets[i].effective = static_cast<std::uint32_t>(wanted.effective >> (32 * i));
    sets[i].inheritable = static_cast<std::uint32_t>(wanted.inheritable >> (32 * i));
  }
  return ::syscall(SYS_capset, &head, sets.data()) == 0 ? 0 : errno;
}

/// @return 0 or errno
int get_capabilities(CapabilitySets& sets) noexcept {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &head, data.data()) != 0) return errno;
  sets = {data[0].permitted | std::uint64_t{data[1].permitted} << 32,
          data[0].effective | std::uint64_t{data[1].effective} << 32,
          data[0].inheritable | std::uint64_t{data[1].inheritable} << 32};
  return 0;
}

/// What programs are to have is inheritable, and nothing else is.
std::uint64_t kept_so_far() noexcept {
  CapabilitySets sets;
  return get_capabilities(sets) == 0 ? sets.inheritable : 0;
}

constexpr std::uint64_t kChroot = 1ULL << CAP_SYS_CHROOT;

/// @param own  stay permitted for this process and its copies, until they execute something
int drop_held_but(std::uint64_t own, std::uint64_t kept) noexcept {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  const CapabilitySets sets{.permitted = own | kept, .effective = kept, .inheritable = kept};
  if (const int err = set_capabilities(sets); err != 0) return err;
  return raise_ambient(kept);
}

}  // namespace

int drop_bounding_set(std::uint64_t kept) noexcept {
  for (unsigned long cap = 0; cap < kMostCapabilities; ++cap) {
    if (has_bit(kept, cap) || ::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0) continue;
    // Dropping takes a right that who has dropped them before no longer has.
    const int err = errno, held = ::prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
    if (held > 0) return err;
    if (held < 0) break;  // the kernel has no more of them
  }
  return 0;
}

int carry_capabilities_over_exec() noexcept {
  CapabilitySets sets;
  if (const int err = get_capabilities(sets); err != 0) return err;
  const std::uint64_t all = sets.permitted;
  if (const int err = set_capabilities({all, all, all}); err != 0) return err;
  return raise_ambient(all);
}

int drop_held_capabilities(std::uint64_t kept) noexcept {
  return drop_held_but(0, kept);
}

int drop_all_but_chroot(std::uint64_t kept) noexcept {
  const int err = drop_bounding_set(kept);
  return err != 0 ? err : drop_held_but(kChroot, kept);
}

int enter_root(int directory) noexcept {
  const std::uint64_t kept = kept_so_far();
  const CapabilitySets with{kChroot | kept, kChroot | kept, kept};
  if (const int err = set_capabilities(with); err != 0) return err;
  if (::fchdir(directory) != 0 || ::chroot(".") != 0) return errno;
  return set_capabilities({kept, kept, kept});
}

int drop_all_capabilities(std::uint64_t kept) noexcept {
  const int err = drop_bounding_set(kept);
  return err != 0 ? err : drop_held_capabilities(kept);
}

}  // namespace hitch
