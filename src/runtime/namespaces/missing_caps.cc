#include "runtime/namespaces/missing_caps.h"

#include <sys/capability.h>

#include <array>
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

}  // namespace

std::string missing_capabilities() {
  const auto namespaces = missing_of(kOfNamespaces), identity = missing_of(kOfIdentity);
  return namespaces + (namespaces.empty() || identity.empty() ? "" : ", ") + identity;
}

std::string missing_capabilities_of_identity() {
  return missing_of(kOfIdentity);
}

}  // namespace hitch
