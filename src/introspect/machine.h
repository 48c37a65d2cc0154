#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace hitch::introspect {

// What is the same for all processes of the machine. All but user_name() are read once.

/// Ticks of the times in /proc/<pid>/stat in one second. sysconf(3), _SC_CLK_TCK
double ticks_per_second() noexcept;
/// Bytes of a page of memory. sysconf(3), _SC_PAGESIZE
std::uint64_t page_bytes() noexcept;
/// When the machine was started, in whole seconds since 1970; 0 if /proc/stat does not say it. Read
/// once, so that the create_time() of a process does not change when the clock is set.
/// proc_stat(5), btime
double boot_time();
/// Bytes of memory; 0 if /proc/meminfo does not say it. proc_meminfo(5), MemTotal
std::uint64_t memory_bytes();
/// Processors that there are or may come, for cpu_affinity(). sysconf(3), _SC_NPROCESSORS_CONF
int processor_count() noexcept;

/// The name of a user in /etc/passwd; the number as a text for one who is not there, which includes
/// those that only a directory service knows. passwd(5)
std::string user_name(uid_t uid);

}  // namespace hitch::introspect
