#pragma once

#include <sys/types.h>

#include <vector>

#include "introspect/tree.h"

namespace hitch {

/// The processes of a service: its main process, the descendants of that, and those that an ended
/// parent has left to init but that are in a session or a process group which the service has made.
/// What has left all of these (a daemon that called setsid(2) and whose parents have ended) is not
/// found.
/// @param main_pid  may have ended; 0: no processes
std::vector<pid_t> processes_of_service(const ProcessTree& tree, pid_t init_pid, pid_t main_pid);

}  // namespace hitch
