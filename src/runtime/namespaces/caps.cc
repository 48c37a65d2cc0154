#include "runtime/namespaces/caps.h"

#include <sys/prctl.h>

#include <cerrno>

namespace hitch {

Result<FullCapabilities> FullCapabilities::prepare() {
  const cap_t caps = ::cap_init();
  if (caps == nullptr) return Error::from_errno(errno, "prepare a capability set");
  FullCapabilities full(caps);
  for (cap_value_t cap = 0; cap < ::cap_max_bits(); ++cap) {
    for (const auto set : {CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE}) {
      if (::cap_set_flag(caps, set, 1, &cap, CAP_SET) != 0) {
        return Error::from_errno(errno, "fill a capability set");
      }
    }
  }
  return full;
}

int FullCapabilities::carry_over_exec() const noexcept {
  if (::cap_set_proc(caps_.get()) != 0) return errno;
  for (cap_value_t cap = 0; cap < ::cap_max_bits(); ++cap) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return errno;
  }
  return 0;
}

int drop_all_capabilities() noexcept {
  for (cap_value_t cap = 0; cap < ::cap_max_bits(); ++cap) {
    if (::cap_drop_bound(cap) != 0) return errno;
  }
  if (::cap_reset_ambient() != 0) return errno;
  const cap_t none = ::cap_init();
  if (none == nullptr) return errno;
  const int err = ::cap_set_proc(none) == 0 ? 0 : errno;
  (void)::cap_free(none);
  return err;
}

}  // namespace hitch
