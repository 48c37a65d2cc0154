#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/result.h"

namespace hitch {

/// The whole of a regular file or a pipe, up to a little more than kMaxFileBytes: whoever takes the
/// bytes refuses more. A named pipe is waited for until somebody writes to it. fifo(7)
/// Errors: of open(2) and read(2); a directory is one too.
Result<std::string> read_file(const std::filesystem::path& path);

/// The same from an open descriptor, up to its end of file. @param name for errors
Result<std::string> read_descriptor(int fd, const std::string& name);

/// Whether `path` stands for something that is open already, or for a pipe or terminal: what
/// `<(…)` and /dev/stdin are. The directory that it is in says nothing about what is read from it.
bool is_stream(const std::filesystem::path& path);

/// A path as people write it: relative to `cwd` if it is below it, else as it is.
std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& cwd);

}  // namespace hitch
