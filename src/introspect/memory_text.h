#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "introspect/process_types.h"

namespace hitch::introspect {

/// /proc/<pid>/smaps, one entry a mapping, in the order of addresses. A mapping without a file is
/// named "[anon]". What a kernel does not have is 0; lines of other forms are passed over.
/// proc_pid_smaps(5)
std::vector<MemoryMap> parse_smaps(std::string_view text);

/// Adds up mappings of the same path, in the order in which paths come first. Of the result `addr`
/// and `perms` are empty.
std::vector<MemoryMap> group_by_path(std::vector<MemoryMap> maps);

/// What /proc/<pid>/smaps_rollup adds to statm; bytes. proc_pid_smaps(5)
struct MemoryRollup {
  std::uint64_t uss = 0, pss = 0, swap = 0;
};
/// What is missing is 0: the file of a process without memory is empty.
MemoryRollup parse_rollup(std::string_view text) noexcept;

}  // namespace hitch::introspect
