#pragma once

#include <filesystem>
#include <stop_token>

#include "runtime/base/result.h"
#include "runtime/data/copy_content.h"

namespace hitch {

/// Copies a directory with all that is in it: files with their holes, hard links among each other,
/// symbolic links, FIFOs and sockets; with mode, times, and owner and extended attributes as far as
/// the caller may set them. Of what is mounted below it only the directories.
/// @param target  does not exist yet. Half a copy is left there after an Error
/// @param stop    ends it early, with an Error of kind kInterrupted
/// @return an Error that names the file and what could not be done with it
Result<CopiedBytes> copy_tree(const std::filesystem::path& source,
                              const std::filesystem::path& target, const std::stop_token& stop);

}  // namespace hitch
