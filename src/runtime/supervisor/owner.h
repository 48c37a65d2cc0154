#pragma once

#include "runtime/async/task.h"

namespace hitch {

/// Waits until the process that made a connected socket has ended, for whoever may have a copy of
/// its end. A process that cannot be seen from here is waited for without end: the end of the
/// socket has to do then.
/// @param socket  one of socketpair(2), open at the time of the call
Task<Done> wait_for_end_of_owner(asio::any_io_executor executor, int socket);

}  // namespace hitch
