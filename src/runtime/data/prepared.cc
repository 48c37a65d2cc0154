#include "runtime/data/prepared.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "runtime/data/run_dir.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLockSuffix = ".lock";
constexpr const char* kHalfMadeSuffix = ".new";
constexpr time_t kUnusedSeconds = 30L * 24 * 60 * 60;

}  // namespace

void PreparedKey::add(std::string_view part) {
  parts_ += std::to_string(part.size()) + ':';  // so that ("ab", "c") and ("a", "bc") differ
  parts_ += part;
}

Status PreparedKey::add_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::from_errno(errno, "read", path.native());
  add(std::string(std::istreambuf_iterator<char>(file), {}));
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
  const boost::uuids::name_generator_sha1 generate(boost::uuids::ns::oid());
  return boost::uuids::to_string(generate(parts_));
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
  std::error_code ec;
  fs::remove_all(directory, ec);  // of a run that was killed: we have the lock
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
  std::error_code ec;
  fs::remove_all(directory_, ec);
}

void PreparedCache::drop_unused() const {
  std::error_code ec;
  for (fs::directory_iterator it(directory_, ec), end; !ec && it != end; it.increment(ec)) {
    struct stat info {};
    const auto& path = it->path();
    if (::lstat(path.c_str(), &info) != 0 || ::time(nullptr) - info.st_mtime < kUnusedSeconds) {
      continue;
    }
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
}

}  // namespace hitch
