#pragma once

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/ready/target.h"

namespace hitch {

/// Waits until the path exists, as the service sees it; a symbolic link has to lead somewhere.
/// @return an Error if this machine cannot tell: a kernel, or a system call filter, without openat2
Task<Done> wait_for_file(const FileReady* file, Milliseconds interval, ReadyTarget* target);

}  // namespace hitch
