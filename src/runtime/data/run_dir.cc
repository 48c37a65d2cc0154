#include "runtime/data/run_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "runtime/data/mount_points.h"
#include "runtime/data/remove_tree.h"
#include "runtime/data/run_id.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

Result<fs::path> base_directory(const char* variable, const char* below_home) {
  // "All paths set in these environment variables must be absolute": others are to be ignored.
  if (const char* set = std::getenv(variable); set != nullptr && *set == '/') return fs::path(set);
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    // "/nonexistent" says that there is none; root could make one, and would never look there.
    std::error_code ec;
    if (fs::exists(home, ec)) return fs::path(home) / below_home;
    return Error::because("HOME " + in_quotes(home) + " does not exist")
        .with_hint(std::string("set HOME, or ") + variable + ", to a directory that is yours");
  }
  return Error::because(std::string("neither ") + variable + " nor HOME is set")
      .with_hint(std::string("set ") + variable + " to a directory that is yours");
}

/// Refuses a directory in a world-writable place that somebody else has put there.
/// @param variable  what says where it is
Status require_own(const fs::path& path, const char* variable) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return Error::from_errno(errno, "look at directory", path.native());
  }
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 022) != 0) {
    return Error::because("directory " + in_quotes(path.native()) +
                          " is not a private directory of this user")
        .with_hint(std::string("remove it, or set ") + variable);
  }
  return Done{};
}

/// Without a path for each, as this is asked at every start.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  DIR* const open = ::opendir(directory.c_str());
  if (open == nullptr) return names;
  while (const dirent* entry = ::readdir(open)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  (void)::closedir(open);
  return names;
}

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& name : names_in(directory)) found.push_back(directory / name);
  return found;
}

/// Whether nobody works on a record: a run holds a lock on its own as long as it lives, whichever
/// runtime directory it has. A file system without such locks leaves that to the runtime directory.
bool is_of_the_past(const fs::path& record, const Directories& where) {
  const UniqueFd directory(::open(record.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return false;
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  std::error_code ec;
  return !fs::exists(where.runtime / record.filename(), ec);
}

void drop_old_records(const Directories& where) {
  auto records = entries(where.state);
  std::erase_if(records, [](const fs::path& path) { return !is_run_id(path.filename().native()); });
  if (records.size() <= RunDir::kMostRuns) return;
  const auto age = [](const fs::path& path) {
    struct stat info {};
    (void)::lstat(path.c_str(), &info);
    return std::pair(info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  };
  std::vector<std::pair<std::pair<time_t, long>, fs::path>> by_age;
  by_age.reserve(records.size());
  for (auto& path : records) by_age.emplace_back(age(path), std::move(path));
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(by_age.size() - RunDir::kKeptRuns);
  for (const auto& [time, path] : by_age) {
    if (is_of_the_past(path, where)) remove_tree(path);
  }
}

/// Where the caller's runtime directory is: XDG's, if it is the caller's own and nobody else can
/// write to it, as the specification wants it. Behind su and sudo it often is somebody else's.
fs::path runtime_base() {
  const char* set = std::getenv("XDG_RUNTIME_DIR");
  struct stat info {};
  const bool is_own = set != nullptr && *set == '/' && ::stat(set, &info) == 0 &&
                      S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
                      (info.st_mode & 022) == 0;
  return is_own ? fs::path(set) / "hitch" : fs::path("/tmp/hitch-" + std::to_string(::geteuid()));
}

fs::path scratch_base() {
  const char* set = std::getenv("TMPDIR");
  const fs::path temporary = set != nullptr && *set == '/' ? set : "/tmp";
  return temporary / ("hitch-" + std::to_string(::geteuid()) + "-scratch");
}

}  // namespace

int make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return -1;
  return ::chmod(path.c_str(), 0700);  // whatever the umask takes away
}

Status make_directories(const fs::path& path) {
  if (make_private_directory(path) == 0) return Done{};
  if (errno == ENOENT && path.has_relative_path()) {
    HITCH_CHECK(make_directories(path.parent_path()));
    if (make_private_directory(path) == 0) return Done{};
  }
  const int err = errno;
  struct stat info {};
  if (err == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Done{};
  return Error::from_errno(err, "create directory", path.native());
}

Result<Directories> Directories::of_caller() {
  Directories result;
  result.runtime = runtime_base();
  HITCH_TRY(const auto state, base_directory("XDG_STATE_HOME", ".local/state"));
  HITCH_TRY(const auto cache, base_directory("XDG_CACHE_HOME", ".cache"));
  result.state = state / "hitch" / "runs";
  result.cache = cache / "hitch";
  result.scratch = scratch_base();
  return result;
}

Status make_passage(const fs::path& path) {
  if (::mkdir(path.c_str(), 0711) != 0 && errno != EEXIST) {
    return Error::from_errno(errno, "create directory", path.native())
        .with_hint("set TMPDIR to a directory that is yours and has room");
  }
  HITCH_CHECK(require_own(path, "TMPDIR"));
  if (::chmod(path.c_str(), 0711) == 0) return Done{};  // whatever the umask took away
  return Error::from_errno(errno, "open to others", path.native());
}

Result<RunDir> RunDir::create(const Directories& where, const std::string& bundle) {
  HITCH_CHECK(make_directories(where.runtime));
  HITCH_CHECK(require_own(where.runtime, "XDG_RUNTIME_DIR"));
  const std::string id = make_run_id(bundle);
  const fs::path state = where.state / id;
  auto runtime = LeasedDir::create(where.runtime, id);
  if (!runtime) {
    return std::move(runtime).error().with_hint(
        "set XDG_RUNTIME_DIR to a directory that is yours and has room");
  }
  const Status made = make_directories(state);
  if (!made) {
    return Error(made.error()).with_hint("free space, or set XDG_STATE_HOME to another place");
  }
  UniqueFd record(::open(state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (record.is_open()) (void)::flock(record.get(), LOCK_EX | LOCK_NB);  // see is_of_the_past()
  return RunDir(id, *std::move(runtime), state, std::move(record));
}

bool has_leftovers(const Directories& where, const fs::path& own) {
  const auto is_another_run = [own_name = own.filename()](const std::string& name) {
    return name != own_name && is_run_id(name);
  };
  const auto running = names_in(where.runtime);
  const auto scratch = names_in(where.scratch);
  return std::any_of(running.begin(), running.end(), is_another_run) ||
         std::any_of(scratch.begin(), scratch.end(), is_another_run) ||
         ::access(where.copies().c_str(), F_OK) == 0 ||
         ::access(where.mount_points().c_str(), F_OK) == 0 ||
         names_in(where.state).size() > RunDir::kMostRuns;
}

void collect_leftovers(const Directories& where, const fs::path& own,
                       const std::function<void(const fs::path&)>& before) {
  collect_abandoned(where.runtime, own, before);
  if (require_own(where.scratch, "TMPDIR")) {
    collect_abandoned(where.scratch, {});
    (void)::rmdir(where.scratch.c_str());  // if that was the last one
  }
  collect_abandoned(where.copies(), where.copies() / own.filename());
  remove_mount_points(where.mount_points());
  drop_old_records(where);
}

}  // namespace hitch
