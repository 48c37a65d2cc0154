#pragma once

#include <filesystem>
#include <string_view>

namespace hitch {

/// The directory above the one that the running program is in. An installed hitch is found relative
/// to itself, wherever it was put; a build tree has the same shape. /proc/self/exe in proc(5)
const std::filesystem::path& installed_prefix();

/// Where a program is that hitch starts and nobody else: "hitch-init" → libexec/hitch/hitch-init
/// below the prefix.
std::filesystem::path installed_program(std::string_view name);

}  // namespace hitch
