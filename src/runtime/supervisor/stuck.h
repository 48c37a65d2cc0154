#pragma once

#include <sys/types.h>

#include <string>

namespace hitch {

/// Why the kernel does not let go of what was killed: a few of init's descendants that have not
/// ended, each with its name, its state and where in the kernel it waits, as far as that may be
/// read. "stat (pid 4711) in state D in request_wait_answer"
std::string what_is_stuck(pid_t init);

}  // namespace hitch
