#include "runtime/data/prepared.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "runtime/data/remove_tree.h"
#include "runtime/data/run_dir.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLockSuffix = ".lock";
constexpr const char* kHalfMadeSuffix = ".new";
/// What reads as a regular file may be without end: some in /proc are.
constexpr std::uint64_t kLargestKeyFile = 4ULL << 30;
constexpr std::size_t kUuidLength = 36, kSumLength = 64;
constexpr time_t kUnusedSeconds = 30L * 24 * 60 * 60;

/// Whether it is called like an entry, its lock or a half-made one: a key, and perhaps a suffix.
bool is_ours(const fs::path& path) {
  const auto name = path.filename().native();
  const auto length = std::min(name.find('.'), name.size());
  const auto suffix = name.substr(length);
  const auto end = name.begin() + static_cast<std::ptrdiff_t>(length);
  return (length == kUuidLength || length == kSumLength) &&
         (suffix.empty() || suffix == kLockSuffix || suffix == kHalfMadeSuffix) &&
         std::all_of(name.begin(), end, [](char c) { return c == '-' || std::isxdigit(c) != 0; });
}

bool is_old(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && ::time(nullptr) - info.st_mtime >= kUnusedSeconds;
}

/// By a run that was killed: nobody holds the lock of one who is filling it.
bool was_left_half_made(const fs::path& path) {
  if (path.extension() != kHalfMadeSuffix) return false;
  fs::path lock_path = path;
  lock_path.replace_extension(kLockSuffix);
  const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CLOEXEC));
  return lock.is_open() && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

void PreparedKey::add(std::string_view part) {
  digest_.add(part);
}

Status PreparedKey::add_file(const fs::path& path) {
  // O_NONBLOCK: the open of a FIFO would wait for a writer. fifo(7)
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0) {
    return Error::from_errno(errno, "read key file", path.native());
  }
  if (!S_ISREG(info.st_mode)) {
    return Error::because("key file " + in_quotes(path.native()) + " is not a regular file",
                          Kind::kUsage)
        .with_hint("list the files that the data is made from, one by one");
  }
  if (const int err = digest_.add_content(file.get(), kLargestKeyFile); err != 0) {
    return Error::from_errno(err, "read key file", path.native());
  }
  return Done{};
}

void PreparedKey::add_program(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return add("none");
  add(path.native());
  add(std::to_string(info.st_size));
  add(std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec));
}

std::string PreparedKey::name() const {
  return digest_.name();
}

std::optional<fs::path> PreparedCache::find(const std::string& key) const {
  const fs::path entry = directory_ / key;
  if (::utimensat(AT_FDCWD, entry.c_str(), nullptr, 0) != 0) return std::nullopt;
  return entry;
}

Result<std::optional<PreparedCache::Making>> PreparedCache::try_make(const std::string& key) const {
  HITCH_CHECK(make_directories(directory_));
  const fs::path path = directory_ / (key + kLockSuffix);
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) return Error::from_errno(errno, "create", path.native());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<Making>();
    return Error::from_errno(errno, "lock", path.native());
  }
  const fs::path directory = directory_ / (key + kHalfMadeSuffix);
  remove_tree(directory);  // of a run that was killed: we have the lock
  if (::mkdir(directory.c_str(), 0700) != 0) {
    return Error::from_errno(errno, "create directory", directory.native());
  }
  return std::optional(Making(std::move(lock), directory, directory_ / key));
}

Status PreparedCache::Making::commit() {
  if (::rename(directory_.c_str(), entry_.c_str()) != 0) {
    return Error::from_errno(errno, "keep prepared data as", entry_.native());
  }
  directory_.clear();
  return Done{};
}

PreparedCache::Making::~Making() {
  if (!lock_.is_open() || directory_.empty()) return;
  remove_tree(directory_);
}

void PreparedCache::drop_unused() const {
  std::error_code ec;
  for (fs::directory_iterator it(directory_, ec), end; !ec && it != end; it.increment(ec)) {
    const auto& path = it->path();
    if (is_ours(path) && (is_old(path) || was_left_half_made(path))) remove_tree(path);
  }
}

}  // namespace hitch
