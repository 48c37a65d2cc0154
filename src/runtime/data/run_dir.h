#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "runtime/data/leased_dir.h"

namespace hitch {

/// Where hitch keeps what: XDG Base Directory Specification, with the environment of the caller.
struct Directories {
  std::filesystem::path runtime;  ///< $XDG_RUNTIME_DIR/hitch if that is usable, else /tmp/hitch-UID
  std::filesystem::path state;    ///< $XDG_STATE_HOME/hitch/runs, else below ~/.local/state
  std::filesystem::path cache;    ///< $XDG_CACHE_HOME/hitch, else below ~/.cache
  /// What bundles write who have no mounts of their own, one directory a run: below $TMPDIR, else
  /// /tmp. Their users, who may be others, pass through it.
  std::filesystem::path scratch;

  /// Copies of prepared data, one directory a run, beside what they are copied from: blocks are
  /// shared within one file system only.
  std::filesystem::path copies() const { return cache / "copies"; }
  /// Records of mount points that were made on the host. Not in `runtime`, which a power failure
  /// empties, while the mount points stay.
  std::filesystem::path mount_points() const { return state.parent_path() / "mount-points"; }

  /// @return an Error if there is neither the variable nor a HOME to start from, or if that HOME
  ///         does not exist
  static Result<Directories> of_caller();
};

/// Makes a directory that others may pass through, or checks that it is one of this user's.
Status make_passage(const std::filesystem::path& path);

/// The directories of one run: one for what must go when the run ends, one for what stays to be
/// looked at.
class RunDir {
 public:
  /// How many runs of the past are kept, and how many there may be before the older ones go: all at
  /// once and seldom, as a disk may take its time over each.
  static constexpr std::size_t kKeptRuns = 20;
  static constexpr std::size_t kMostRuns = 30;

  /// @param bundle  the name; the run's id is that and a random part
  static Result<RunDir> create(const Directories& where, const std::string& bundle);

  const std::string& id() const noexcept { return id_; }
  const std::filesystem::path& runtime() const noexcept { return runtime_.path(); }
  const std::filesystem::path& state() const noexcept { return state_; }

 private:
  RunDir(std::string id, LeasedDir runtime, std::filesystem::path state, UniqueFd record)
      : id_(std::move(id)),
        runtime_(std::move(runtime)),
        state_(std::move(state)),
        record_(std::move(record)) {}

  std::string id_;
  LeasedDir runtime_;
  std::filesystem::path state_;
  UniqueFd record_;  ///< of state_, locked
};

/// Whether collect_leftovers() may have something to do: three directories are looked at, which
/// takes less than a thread does.
bool has_leftovers(const Directories& where, const std::filesystem::path& own);
/// Removes the runtime directories, scratch directories, copies of data and mount points of runs
/// whose supervisor was killed, and all but the newest kKeptRuns run records. What cannot be
/// removed is left for the next time.
/// @param own     the runtime directory of the calling run
/// @param before  called with the runtime directory of each such run, before it is removed
void collect_leftovers(const Directories& where, const std::filesystem::path& own,
                       const std::function<void(const std::filesystem::path&)>& before = {});

/// Makes one directory with mode 0700, whatever the umask is. @return as mkdir(2)
int make_private_directory(const std::filesystem::path& path);
/// Makes a directory and those above it, mode 0700 for each that is made. mkdir(2)
Status make_directories(const std::filesystem::path& path);

}  // namespace hitch
