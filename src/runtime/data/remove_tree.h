#pragma once

#include <filesystem>

namespace hitch {

/// Removes a file or a directory with all that is in it, also below directories that their owner
/// may not write to, as some programs leave them. What cannot be removed stays.
void remove_tree(const std::filesystem::path& path);

}  // namespace hitch
