#include "runtime/data/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/base/fd.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// XATTR_SIZE_MAX of linux/limits.h. xattr(7)
constexpr std::size_t kLongestValue = 65536;

Error failure(const char* action, const fs::path& path) {
  return Error::from_errno(errno, action, path.native());
}

/// Attributes are kept where that is allowed: a file system may know none, and those of the
/// security modules are not the caller's to set. xattr(7)
void copy_attributes(const fs::path& source, const fs::path& target) {
  const ssize_t length = ::llistxattr(source.c_str(), nullptr, 0);
  if (length <= 0) return;
  std::string names(static_cast<std::size_t>(length), '\0');
  const ssize_t filled = ::llistxattr(source.c_str(), names.data(), names.size());
  if (filled <= 0) return;
  names.resize(static_cast<std::size_t>(filled));
  std::vector<char> value(kLongestValue);
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const ssize_t size = ::lgetxattr(source.c_str(), &names[at], value.data(), value.size());
    if (size < 0) continue;
    (void)::lsetxattr(target.c_str(), &names[at], value.data(), static_cast<std::size_t>(size), 0);
  }
}

/// Which mount a file is in; 0 before Linux 5.8. statx(2)
std::uint64_t mount_of(const fs::path& path) {
  struct statx info {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &info) != 0) return 0;
  return (info.stx_mask & STATX_MNT_ID) != 0 ? info.stx_mnt_id : 0;
}

class TreeCopy {
 public:
  TreeCopy(const fs::path& source, const std::stop_token& stop)
      : stop_(stop), mount_(mount_of(source)) {}

  Status copy(const fs::path& source, const fs::path& target) {
    if (stop_.stop_requested()) return Error::because("stopped", Kind::kInterrupted);
    struct stat info {};
    if (::lstat(source.c_str(), &info) != 0) return failure("look at", source);
    if (S_ISDIR(info.st_mode)) return copy_directory(source, target, info);
    if (info.st_nlink > 1) {
      const auto [known, is_new] = links_.try_emplace({info.st_dev, info.st_ino}, target);
      if (!is_new) {
        if (::link(known->second.c_str(), target.c_str()) == 0) return Done{};
        return failure("link", target);
      }
    }
    if (S_ISREG(info.st_mode)) return copy_file(source, target, info);
    if (S_ISLNK(info.st_mode)) return copy_link(source, target, info);
    // Devices are the kernel's to refuse.
    if (::mknod(target.c_str(), info.st_mode, info.st_rdev) != 0) return failure("make", target);
    return finish(source, target, info);
  }

  const CopiedBytes& bytes() const noexcept { return bytes_; }

 private:
  Status copy_directory(const fs::path& source, const fs::path& target, const struct stat& info) {
    if (::mkdir(target.c_str(), 0700) != 0) return failure("create directory", target);
    // What is mounted there is not of the tree, as it would not be seen through an overlay.
    if (mount_of(source) != mount_) return finish(source, target, info);
    std::error_code ec;
    for (fs::directory_iterator it(source, ec), end; !ec && it != end; it.increment(ec)) {
      HITCH_CHECK(copy(it->path(), target / it->path().filename()));
    }
    if (ec) return Error::from_errno(ec.value(), "list directory", source.native());
    return finish(source, target, info);  // last: it may not be writable, and its times change
  }

  Status copy_file(const fs::path& source, const fs::path& target, const struct stat& info) {
    const UniqueFd in(::open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!in.is_open()) return failure("read", source);
    const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out.is_open()) return failure("create", target);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const int err = copy_content(in.get(), out.get(), size, stop_, bytes_);
    if (err == ECANCELED) return Error::because("stopped", Kind::kInterrupted);
    if (err != 0) return Error::from_errno(err, "copy", source.native());
    return finish(source, target, info);
  }

  Status copy_link(const fs::path& source, const fs::path& target, const struct stat& info) {
    std::array<char, 4096> text{};  // PATH_MAX: the longest a link can be. symlink(2)
    const ssize_t length = ::readlink(source.c_str(), text.data(), text.size() - 1);
    if (length < 0) return failure("read link", source);
    if (::symlink(text.data(), target.c_str()) != 0) return failure("create link", target);
    return finish(source, target, info);
  }

  /// What follows the content. The owner goes before the mode, as chown(2) clears mode bits;
  /// attributes go before it too, as setting them needs write permission.
  static Status finish(const fs::path& source, const fs::path& target, const struct stat& info) {
    const bool foreign = info.st_uid != ::geteuid() || info.st_gid != ::getegid();
    // Not granted to everybody: what the caller may not give away stays the caller's.
    if (foreign) (void)!::lchown(target.c_str(), info.st_uid, info.st_gid);
    copy_attributes(source, target);
    if (!S_ISLNK(info.st_mode) && ::chmod(target.c_str(), info.st_mode & 07777) != 0) {
      return failure("set the mode of", target);
    }
    const timespec times[2] = {info.st_atim, info.st_mtim};
    if (::utimensat(AT_FDCWD, target.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
      return failure("set the times of", target);
    }
    return Done{};
  }

  const std::stop_token& stop_;
  std::uint64_t mount_;
  std::map<std::pair<dev_t, ino_t>, fs::path> links_;  ///< files with more than one name
  CopiedBytes bytes_;
};

}  // namespace

Result<CopiedBytes> copy_tree(const fs::path& source, const fs::path& target,
                              const std::stop_token& stop) {
  TreeCopy copy(source, stop);
  HITCH_CHECK(copy.copy(source, target));
  return copy.bytes();
}

}  // namespace hitch
