#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/pidfd.h"
#include "runtime/base/result.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// Starts a program that is a part of hitch, in a session of its own, with all signals as they are
/// by default and with no descriptor but these three. It has to be reaped.
/// @param arguments  the first one is its name
/// @param stdio      of 3 or more; -1: /dev/null
/// @return an Error with errno, that of execve(2) included
Result<Pidfd> start_helper(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const std::array<int, 3>& stdio);

/// How a child ended, once; nothing if it has not. Does not wait. waitid(2)
std::optional<ExitStatus> reap(const Pidfd& child);

}  // namespace hitch
