#include "runtime/data/mount_points.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/data/digest.h"
#include "runtime/data/run_dir.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// Held while mount points are made or removed. The directory above the records, as they
/// themselves come and go.
UniqueFd lock_records(const fs::path& records) {
  UniqueFd lock(::open(records.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.is_open() && ::flock(lock.get(), LOCK_EX) != 0) lock.reset();
  return lock;
}

fs::path record_of(const fs::path& records, const fs::path& path) {
  Digest digest;
  digest.add(path.native());
  return records / digest.name();
}

Status write_record(const fs::path& record, const fs::path& path) {
  HITCH_CHECK(make_directories(record.parent_path()));
  std::ofstream file(record, std::ios::binary);
  file << path.native();
  file.close();
  if (!file) return Error::from_errno(errno, "write", record.native());
  return Done{};
}

/// @return a descriptor that holds a lock on it; closed if there is none, with errno
UniqueFd lock_point(const fs::path& path, int operation) {
  UniqueFd point(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (point.is_open() && ::flock(point.get(), operation) != 0) point.reset();
  return point;
}

bool create(const MountPoint& point) {
  if (point.form == MountPoint::Form::kDirectory) return ::mkdir(point.path.c_str(), 0755) == 0;
  return UniqueFd(::open(point.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644))
      .is_open();
}

enum class Removal { kSettled, kLater };

/// What has content by now belongs to whoever put it there, and stays.
Removal remove_point(const fs::path& path) {
  const UniqueFd point = lock_point(path, LOCK_EX | LOCK_NB);
  struct stat info {};
  if (!point.is_open() || ::fstat(point.get(), &info) != 0) {
    const bool replaced = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return replaced ? Removal::kSettled : Removal::kLater;
  }
  if (S_ISREG(info.st_mode) && info.st_size > 0) return Removal::kSettled;
  const int flags = S_ISDIR(info.st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(AT_FDCWD, path.c_str(), flags) == 0) return Removal::kSettled;
  return errno == ENOTEMPTY || errno == EEXIST ? Removal::kSettled : Removal::kLater;
}

}  // namespace

Result<MountPoints> MountPoints::make(const fs::path& records, std::span<const MountPoint> wanted) {
  MountPoints result(records);
  if (wanted.empty()) return result;
  HITCH_CHECK(make_directories(records.parent_path()));
  Status status = Done{};
  {
    const UniqueFd alone = lock_records(records);
    for (const auto& point : wanted) {
      if (status) status = result.make_one(point);
    }
  }
  if (!status) {
    (void)::rmdir(records.c_str());  // fails while there are others
    return Error(status.error()).within("record a mount point");
  }
  return result;
}

Status MountPoints::make_one(const MountPoint& wanted) {
  fs::path part;
  for (const auto& name : wanted.path) {
    part /= name;
    const bool last = part == wanted.path;
    const auto form = last ? wanted.form : MountPoint::Form::kDirectory;
    HITCH_CHECK(make_part({part, form}, last));
  }
  return Done{};
}

/// One component of a path: made, shared with a run that has made it, or none of our business.
Status MountPoints::make_part(const MountPoint& part, bool last) {
  const fs::path record = record_of(records_, part.path);
  struct stat info {};
  const bool exists = ::lstat(part.path.c_str(), &info) == 0;
  if (!exists) {
    HITCH_CHECK(write_record(record, part.path));  // first: made without a record, it would stay
    if (!create(part)) {
      (void)::unlink(record.c_str());
      (void)::rmdir(records_.c_str());  // fails while there are others
      return Done{};
    }
  } else if (!last && ::access(record.c_str(), F_OK) != 0) {
    return Done{};  // it was there before hitch; or another user's hitch removes the last part
                    // first
  }
  auto use = lock_point(part.path, LOCK_SH);
  if (use.is_open()) uses_.push_back(std::move(use));
  return Done{};
}

MountPoints::~MountPoints() {
  if (uses_.empty()) return;
  uses_.clear();
  remove_mount_points(records_);
}

void remove_mount_points(const fs::path& records) {
  if (::access(records.c_str(), F_OK) != 0) return;
  const UniqueFd alone = lock_records(records);
  if (!alone.is_open()) return;
  std::vector<std::pair<fs::path, fs::path>> known;  // what was made, its record
  std::error_code ec;
  for (fs::directory_iterator it(records, ec), end; !ec && it != end; it.increment(ec)) {
    std::ifstream file(it->path(), std::ios::binary);
    std::string path{std::istreambuf_iterator<char>(file), {}};
    known.emplace_back(std::move(path), it->path());
  }
  // A path sorts before what is below it, which has to go first.
  std::sort(known.rbegin(), known.rend());
  fs::path in_use;
  for (const auto& [path, record] : known) {
    const bool holds_one = in_use.native().starts_with(path.native() + '/');
    if (!holds_one && remove_point(path) == Removal::kSettled) {
      (void)::unlink(record.c_str());
    } else {
      in_use = path;
    }
  }
  (void)::rmdir(records.c_str());  // fails while there are records
}

}  // namespace hitch
