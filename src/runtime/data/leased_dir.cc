#include "runtime/data/leased_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "runtime/data/remove_tree.h"
#include "runtime/data/run_dir.h"
#include "runtime/data/run_id.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLeaseName = "lease";
constexpr const char* kUnlockedName = "lease.new";

/// A lease has its name only once it is locked: whoever finds one unlocked knows that it is
/// nobody's.
Result<UniqueFd> take_lease(const fs::path& directory) {
  const fs::path path = directory / kLeaseName, unnamed = directory / kUnlockedName;
  UniqueFd lease(::open(unnamed.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!lease.is_open()) return Error::from_errno(errno, "create", unnamed.native());
  if (::fchmod(lease.get(), 0600) != 0 || ::flock(lease.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error::from_errno(errno, "lock", unnamed.native());
  }
  if (::rename(unnamed.c_str(), path.c_str()) != 0) {
    return Error::from_errno(errno, "create", path.native());
  }
  return lease;
}

/// A lock on the directory of all: shared while somebody makes a directory and takes its lease,
/// exclusive while somebody looks for directories without one. flock(2)
UniqueFd lock_all(const fs::path& parent, int operation) {
  UniqueFd lock(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.is_open() && ::flock(lock.get(), operation) != 0) lock.reset();
  return lock;
}

/// Whether hitch has made it: a directory that others may at most pass through, with the name of a
/// run. Whatever else is in the same place is somebody else's.
bool is_of_a_run(const fs::path& path) {
  struct stat info {};
  return is_run_id(path.filename().native()) && ::lstat(path.c_str(), &info) == 0 &&
         S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & 0766) == 0700;
}

bool is_abandoned(const fs::path& directory, bool none_is_starting) {
  const UniqueFd lease(::open((directory / kLeaseName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lease.is_open()) return ::flock(lease.get(), LOCK_EX | LOCK_NB) == 0;
  // Killed before it had a lease, or right after that had been removed, which is last.
  std::error_code ec;
  const bool has_begun = fs::exists(directory / kUnlockedName, ec) || fs::is_empty(directory, ec);
  return none_is_starting && has_begun;
}

/// The lease goes last: whoever is killed in the middle leaves something that the next one knows to
/// be nobody's.
void remove_with_lease_last(const fs::path& directory) {
  std::error_code ec;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->path().filename() != kLeaseName) entries.push_back(it->path());
  }
  for (const auto& entry : entries) {
    if (::unlink(entry.c_str()) != 0) remove_tree(entry);
  }
  (void)::unlink((directory / kLeaseName).c_str());
  if (::rmdir(directory.c_str()) != 0) remove_tree(directory);
}

}  // namespace

Result<LeasedDir> LeasedDir::create(const fs::path& parent, const std::string& name) {
  const fs::path path = parent / name;
  const UniqueFd starting = lock_all(parent, LOCK_SH);
  if (make_private_directory(path) != 0) {
    return Error::from_errno(errno, "create directory", path.native());
  }
  auto lease = take_lease(path);
  if (!lease) {
    // Mostly it is empty, and there may be no descriptor left to look into it with.
    if (::rmdir(path.c_str()) != 0) remove_tree(path);
    return std::move(lease).error();
  }
  return LeasedDir(path, *std::move(lease));
}

Lease lease_of(const fs::path& directory) {
  const UniqueFd lease(::open((directory / kLeaseName).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!lease.is_open()) return Lease::kNone;
  if (::flock(lease.get(), LOCK_SH | LOCK_NB) != 0) return Lease::kHeld;
  // An owner removes its lease before it lets go of it, maybe since we have opened it.
  struct stat info {};
  const bool has_name = ::fstat(lease.get(), &info) == 0 && info.st_nlink > 0;
  return has_name ? Lease::kAbandoned : Lease::kNone;
}

bool is_leased(const fs::path& directory) {
  return lease_of(directory) == Lease::kHeld;
}

LeasedDir::~LeasedDir() {
  if (lease_.is_open()) remove_with_lease_last(path_);
}

void collect_abandoned(const fs::path& parent, const fs::path& own,
                       const std::function<void(const fs::path&)>& before) {
  const UniqueFd alone = lock_all(parent, LOCK_EX | LOCK_NB);
  std::error_code ec;
  for (fs::directory_iterator it(parent, ec), end; !ec && it != end; it.increment(ec)) {
    const auto& path = it->path();
    if (path == own || !is_of_a_run(path) || !is_abandoned(path, alone.is_open())) continue;
    if (before) before(path);
    remove_with_lease_last(path);
  }
}

}  // namespace hitch
