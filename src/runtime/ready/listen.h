#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Waits until a process of the service listens on the port, of IPv4 or IPv6, on any address. Sends
/// nothing to it.
Task<Done> wait_for_listen(const ListenReady* listen, Milliseconds interval, ReadyTarget* target);

}  // namespace hitch
