#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <unordered_set>

#include "runtime/base/fd.h"

namespace hitch {

/// A path of an archive, taken apart: no empty part, no ".", and nothing that leads upwards.
struct ArchivePath {
  std::string directory;  ///< "usr/bin"; empty: the root itself
  std::string name;       ///< the last part; empty: the path is the root
};

/// @return an Error that says what is wrong with it: absolute, "..", NUL, too long
Result<ArchivePath> parse_archive_path(std::string_view path);

/// The directory that an archive is unpacked into. Nothing is done by a path: each directory is
/// opened below the one descriptor without following symbolic links, and what is in it is named by
/// that descriptor and one name. openat2(2), RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS
class UnpackTree {
 public:
  /// @param root  a descriptor of the directory; O_PATH will do. Borrowed
  explicit UnpackTree(int root) : root_(root) {}

  int root() const noexcept { return root_; }
  /// Opens a directory below the root, which has to be there.
  Result<UniqueFd> open_directory(const std::string& path) const;
  /// The same, making those that are not there, with mode 0755. A symbolic link among them is an
  /// Error.
  Result<UniqueFd> make_directory(const std::string& path) const;

 private:
  int root_;
};

/// Removes a file, or a directory with all below it. What is not there is fine.
Status remove_below(int directory, const std::string& name);
/// Removes what is in a directory, but for what is in `kept` and the directories above that.
/// @param path  of the directory, as the paths in `kept` begin
Status remove_older_below(int directory, const std::string& path,
                          const std::unordered_set<std::string>& kept);

}  // namespace hitch
