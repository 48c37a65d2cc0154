#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "runtime/base/fd.h"

namespace hitch {

/// A place on the host that a bundle mounts something over.
struct MountPoint {
  enum class Form { kDirectory, kFile };
  std::filesystem::path path;
  Form form = Form::kDirectory;
};

/// The mount points that had to be made on the host for a run, because nothing was where a volume
/// or tmpfs is to be shown. They go with the last run that uses them.
///
/// To remove a directory takes away what is mounted over it in every namespace (rmdir of a mount
/// point succeeds since Linux 3.18), so runs that share one hold a shared lock on it, and only who
/// gets the exclusive one removes it. A record says what hitch has made, so that what a killed run
/// left can be told from what was there before. flock(2), docs/decisions/012-mount-points.md
class MountPoints {
 public:
  /// Makes those of `wanted` that are not there, with the directories above them, and records
  /// each in `records`. What cannot be made is left to init, whose set-up fails there and says so.
  /// @return an Error if a record cannot be written: then nothing is made
  static Result<MountPoints> make(const std::filesystem::path& records,
                                  std::span<const MountPoint> wanted);
  MountPoints(MountPoints&&) noexcept = default;
  MountPoints& operator=(MountPoints&&) = delete;
  /// Removes what is still empty and what no other run uses.
  ~MountPoints();

 private:
  explicit MountPoints(std::filesystem::path records) : records_(std::move(records)) {}
  Status make_one(const MountPoint& wanted);
  Status make_part(const MountPoint& part, bool last);

  std::filesystem::path records_;
  std::vector<UniqueFd> uses_;  ///< each with a shared lock
};

/// Removes recorded mount points that no run uses any more.
void remove_mount_points(const std::filesystem::path& records);

}  // namespace hitch
