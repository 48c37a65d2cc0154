#pragma once

#include <filesystem>
#include <functional>
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

/// What the lease of a directory tells about its owner.
enum class Lease {
  kHeld,       ///< the owner lives
  kAbandoned,  ///< the owner was killed
  kNone,       ///< the owner has ended and taken the directory with it, or never was
};

/// Looks at the lease of another process's directory: a lock does not keep its own holder out.
Lease lease_of(const std::filesystem::path& directory);

/// Whether the owner of a directory lives.
bool is_leased(const std::filesystem::path& directory);

/// Removes what is in `parent` and has no owner any more. What cannot be removed is left for the
/// next time.
/// @param own     a directory of the calling process: a lock does not keep its own holder out
/// @param before  called with each directory before it is removed
void collect_abandoned(const std::filesystem::path& parent, const std::filesystem::path& own,
                       const std::function<void(const std::filesystem::path&)>& before = {});

}  // namespace hitch
