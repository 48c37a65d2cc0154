#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/fd.h"

namespace hitch {

/// A directory that goes when its owner does. A lock on a file in it tells one whose owner lives
/// from what a killed one left, which collect_abandoned() removes. flock(2)
class LeasedDir {
 public:
  /// Makes `parent`/`name`; `parent` exists.
  static Result<LeasedDir> create(const std::filesystem::path& parent, const std::string& name);
  LeasedDir(LeasedDir&&) noexcept = default;
  LeasedDir& operator=(LeasedDir&&) = delete;
  ~LeasedDir();

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  LeasedDir(std::filesystem::path path, UniqueFd lease)
      : path_(std::move(path)), lease_(std::move(lease)) {}

  std::filesystem::path path_;
  UniqueFd lease_;  ///< holds the lock for as long as the owner lives
};

/// Whether the owner of a directory lives. Another process's: a lock does not keep its holder out.
bool is_leased(const std::filesystem::path& directory);

/// Removes what is in `parent` and has no owner any more. What cannot be removed is left for the
/// next time.
/// @param own  a directory of the calling process: a lock does not keep its own holder out
void collect_abandoned(const std::filesystem::path& parent, const std::filesystem::path& own);

}  // namespace hitch
