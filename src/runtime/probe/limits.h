#pragma once

#include <vector>

#include "runtime/probe/machine.h"

namespace hitch {

/// Makes and removes control groups, as a bundle with limits does: one finding for each limit, and
/// one for pausing.
std::vector<Finding> probe_control_groups();

}  // namespace hitch
