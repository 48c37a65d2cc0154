#pragma once

#include "runtime/init/spawner.h"

namespace hitch {

/// Collects every process of the bundle that has ended, whoever's child it was, and reports those
/// that the supervisor launched. A launch that is still under way is answered first. waitid(2)
void reap_all(Spawner& spawner, InitWire& wire) noexcept;

}  // namespace hitch
