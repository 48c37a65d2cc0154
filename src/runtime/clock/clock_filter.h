#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>

namespace hitch {

/// The system calls that a bundle's clock has to hear of, as the first part of a filter program: it
/// returns SECCOMP_RET_USER_NOTIF for them, and for every other call goes on with the instruction
/// behind its own last one. So it is put in front of a complete filter, and the two are loaded as
/// one. Names no call that a filter behind it would want to refuse. seccomp(2), docs/clock.md
std::span<const sock_filter> clock_rules() noexcept;

}  // namespace hitch
