#pragma once

#include <functional>
#include <thread>

#include "runtime/base/result.h"

namespace hitch {

/// A thread in somebody else's program: it takes none of that program's signals.
Result<std::jthread> start_quiet_thread(std::function<void()> work);

}  // namespace hitch
