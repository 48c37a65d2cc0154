#pragma once

#include <algorithm>

#include "runtime/base/deadline.h"

namespace hitch {

/// A deadline for what users say. A longer span than a year, such as milliseconds::max(), counts
/// as one: it would be past the end of the clock. A negative one is none.
inline Deadline deadline_in(Milliseconds span) {
  constexpr Milliseconds kLongest = std::chrono::hours(365 * 24);
  return Deadline::in(std::clamp(span, Milliseconds(0), kLongest));
}

}  // namespace hitch
