#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Waits until a connection from inside the bundle is accepted.
Task<Done> wait_for_tcp(const TcpReady* tcp, Milliseconds interval, ReadyTarget* target);

}  // namespace hitch
