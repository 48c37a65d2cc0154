#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// All of a small file of the kernel's. @return an Error with errno
Result<std::string> read_group_file(const std::filesystem::path& path);
/// Writes `value` by one write(2), as these files want it. @return an Error with errno
Status write_group_file(const std::filesystem::path& path, std::string_view value);

/// Whether `word` is one of the words in `text`, which is "cpu memory pids\n", or empty.
bool has_word(std::string_view text, std::string_view word);
/// The number behind a name in lines such as "oom_kill 3"; 0 if the name is not there.
std::uint64_t number_of(std::string_view text, std::string_view name);
/// The pids in a group. One of another pid namespace is 0.
std::vector<pid_t> processes_in(const std::filesystem::path& group);

/// Whether there is a tree of groups of this version at `path`. An ordinary directory, as some
/// containers have in its place, takes directories just as well. statfs(2)
bool is_group_v1(const std::filesystem::path& path);
bool is_group_v2(const std::filesystem::path& path);

/// Removes a group and those below it, which have no processes any more.
/// @return an Error with EBUSY if one has
Status remove_group(const std::filesystem::path& path);

}  // namespace hitch
