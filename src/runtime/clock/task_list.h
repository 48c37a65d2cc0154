#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace hitch {

/// A process and all that descend from it. What starts or ends meanwhile may or may not be among
/// them. /proc/PID/task/TID/children in proc(5)
std::vector<pid_t> processes_below(pid_t root);
/// The threads of a process; empty if it is gone.
std::vector<pid_t> threads_of(pid_t process);
/// The process that a thread belongs to.
std::optional<pid_t> process_of(pid_t thread);
/// Whether somebody traces a task. ptrace(2)
bool is_traced(pid_t task);
/// The numbers by which a folder below /proc/PID has its entries: descriptors, threads.
std::vector<int> numbered_entries(pid_t process, const std::string& folder);
/// A file below /proc/PID, whole; empty if it cannot be read.
std::string proc_text(pid_t process, const std::string& name);

}  // namespace hitch
