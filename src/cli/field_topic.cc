#include "cli/field_topic.h"

namespace hitch {

HelpTopic field_topic() {
  return {.name = "fields",
          .summary = "What hitch inspect can show of a process, with units",
          .intro =
              "Names, units and meanings are those of psutil; the manual page in brackets defines "
              "them. What may not be seen is \"-\", in JSON null.",
          .entries = {{"children", "pids of its children"},
                      {"cmdline", "its words (proc_pid_cmdline(5))"},
                      {"connections",
                       "sockets of TCP and UDP, with address and state; net_connections too"},
                      {"cpu_affinity", "processors that it may run on (sched_getaffinity(2))"},
                      {"cpu_num", "the processor that it ran on last"},
                      {"cpu_percent", "per cent of one processor, measured for 0.2 seconds"},
                      {"cpu_times",
                       "seconds of user and system time, its own and that of children that have "
                       "ended, and of waiting for disks (proc_pid_stat(5))"},
                      {"create_time", "when it was started, in seconds since 1970"},
                      {"cwd", "its directory"},
                      {"environ", "variables that its program was started with"},
                      {"exe", "path of its program"},
                      {"gids, uids",
                       "real, effective and saved ids, as the host has them (credentials(7))"},
                      {"io_counters",
                       "system calls that read and write, bytes from and to disks, bytes that "
                       "went through the calls (proc_pid_io(5))"},
                      {"ionice",
                       "class (0 none, 1 real time, 2 best effort, 3 idle) and value, 0 to 7 "
                       "(ioprio_set(2))"},
                      {"memory_full_info", "memory_info with uss, pss and swap; bytes, slow"},
                      {"memory_info",
                       "bytes: resident, address space, shared, code, data "
                       "(proc_pid_statm(5)); memory_info_ex too"},
                      {"memory_maps", "bytes of each mapped file (proc_pid_smaps(5)); slow"},
                      {"memory_percent", "its resident part of the machine's memory"},
                      {"name", "what the kernel calls it"},
                      {"nice", "-20, first, to 19 (setpriority(2))"},
                      {"num_ctx_switches", "how often it gave up the processor, and lost it"},
                      {"num_fds", "number of open descriptors"},
                      {"num_threads", "number of threads"},
                      {"open_files", "regular files that are open, with position and mode"},
                      {"parents", "pids of its parent, the parent of that and so on"},
                      {"pid, ppid", "its pid and that of its parent, as the host sees them"},
                      {"rlimit", "soft and hard limits; -1: none (getrlimit(2))"},
                      {"status", "running, sleeping, disk-sleep, stopped, zombie..."},
                      {"terminal", "path of its terminal"},
                      {"threads", "seconds of user and system time of each thread"},
                      {"username", "name of its real user"}},
          .outro =
              "Without a field all are shown but the slow ones, cpu_percent, and those that psutil "
              "does not list: children, parents, rlimit."};
}

}  // namespace hitch
