#include "runtime/namespaces/caps.h"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

namespace hitch {

namespace {

std::string missing_of(std::span<const cap_value_t> needed) {
  std::string missing;
  const cap_t caps = ::cap_get_proc();
  for (const cap_value_t cap : needed) {
    cap_flag_value_t has = CAP_CLEAR;
    if (caps != nullptr) (void)::cap_get_flag(caps, cap, CAP_EFFECTIVE, &has);
    if (has == CAP_SET) continue;
    char* const name = ::cap_to_name(cap);
    missing += (missing.empty() ? "" : ", ") + std::string(name != nullptr ? name : "?");
    (void)::cap_free(name);
  }
  (void)::cap_free(caps);
  return missing;
}

// The bundle's user and what belongs to it.
constexpr std::array<cap_value_t, 7> kOfIdentity{
    CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL};
// Namespaces and mounts, the loopback, and, of a supervisor, to look into processes of another
// user.
constexpr std::array<cap_value_t, 3> kOfNamespaces{CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SYS_PTRACE};

bool has_bit(std::uint64_t set, cap_value_t cap) noexcept {
  return (set >> static_cast<unsigned>(cap) & 1) != 0;
}

}  // namespace

std::string missing_capabilities() {
  const auto namespaces = missing_of(kOfNamespaces), identity = missing_of(kOfIdentity);
  return namespaces + (namespaces.empty() || identity.empty() ? "" : ", ") + identity;
}

std::string missing_capabilities_of_identity() {
  return missing_of(kOfIdentity);
}

int drop_bounding_set(std::uint64_t kept) noexcept {
  for (cap_value_t cap = 0; cap < ::cap_max_bits(); ++cap) {
    if (has_bit(kept, cap)) continue;
    // Dropping takes a right that who has dropped them before no longer has.
    if (::cap_drop_bound(cap) != 0 && ::cap_get_bound(cap) != 0) return errno;
  }
  return 0;
}

namespace {

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
  if (::cap_reset_ambient() != 0) return errno;
  const CapabilitySets sets{.permitted = own | kept, .effective = kept, .inheritable = kept};
  if (const int err = set_capabilities(sets); err != 0) return err;
  for (cap_value_t cap = 0; cap < ::cap_max_bits(); ++cap) {
    if (has_bit(kept, cap) && ::cap_set_ambient(cap, CAP_SET) != 0) return errno;
  }
  return 0;
}

}  // namespace

int carry_capabilities_over_exec() noexcept {
  CapabilitySets sets;
  if (const int err = get_capabilities(sets); err != 0) return err;
  const std::uint64_t all = sets.permitted;
  if (const int err = set_capabilities({all, all, all}); err != 0) return err;
  for (unsigned long cap = 0; cap < 64; ++cap) {
    if ((all >> cap & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return errno;
  }
  return 0;
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
