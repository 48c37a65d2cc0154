#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Waits until a GET from inside the bundle is answered with the status that is asked for.
Task<Done> wait_for_http(const HttpReady* http, Milliseconds interval, ReadyTarget* target);

}  // namespace hitch
