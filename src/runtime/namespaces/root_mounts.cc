#include "runtime/namespaces/root_mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "runtime/namespaces/mount_calls.h"

namespace hitch {

namespace {

std::array<int, kMostRoots + 1> g_roots{};  // descriptor + 1, so that zero means none
bool g_has_roots = false;

/// As who lives in there would, with no way out. A rename meanwhile makes the kernel give up.
int open_in_root(int root, const char* path, std::uint64_t flags) noexcept {
  constexpr int kTries = 1000;
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  for (int i = 0; i < kTries; ++i) {
    fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return static_cast<int>(fd);
}

/// Whether a directory is in the root's own throw-away layer, or in the bundle's tmpfs. In all else
/// that is mounted by now it would be made on the machine.
bool is_ours(int directory, int root) noexcept {
  struct statx here {
  }, top{}, scratch{};
  constexpr unsigned kMount = STATX_MNT_ID;
  if (::statx(directory, "", AT_EMPTY_PATH, kMount, &here) != 0 ||
      ::statx(root, "", AT_EMPTY_PATH, kMount, &top) != 0 ||
      ::statx(AT_FDCWD, ".", 0, kMount, &scratch) != 0) {
    return false;
  }
  return here.stx_mnt_id == top.stx_mnt_id || (here.stx_dev_major == scratch.stx_dev_major &&
                                               here.stx_dev_minor == scratch.stx_dev_minor);
}

/// A link to nowhere, or in a circle, is in the way of what has to be there.
void remove_bad_link(int directory, const char* name) noexcept {
  struct stat info {};
  if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(info.st_mode)) return;
  (void)::unlinkat(directory, name, 0);
}

enum class Form { kDirectory, kFile };

int make_one(int directory, const char* name, Form form, mode_t mode) noexcept {
  remove_bad_link(directory, name);
  if (form == Form::kDirectory) {
    if (::mkdirat(directory, name, mode) != 0) return errno;
  } else {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd made(::openat(directory, name, kFlags, 0644));
    if (!made.is_open()) return errno;
  }
  return give_away_below(directory, name);
}

/// Opens `path` in the root, and makes it, and what is above it, if it is not there.
/// @param path  absolute, without "." and ".."
/// @return none, and errno
UniqueFd open_or_make(int root, const char* path, Form form, mode_t mode) noexcept {
  UniqueFd found(open_in_root(root, path, O_PATH));
  if (found.is_open()) return found;
  std::array<char, PATH_MAX> prefix{};
  const std::size_t length = std::strlen(path);
  if (length >= prefix.size()) return errno = ENAMETOOLONG, UniqueFd();
  UniqueFd parent(open_in_root(root, "/", O_PATH | O_DIRECTORY));
  for (std::size_t start = 1; start < length && parent.is_open();) {
    const auto end = static_cast<std::size_t>(std::find(path + start, path + length, '/') - path);
    std::memcpy(prefix.data(), path, end);
    prefix[end] = '\0';
    const bool last = end == length;
    const std::uint64_t flags = last ? O_PATH : O_PATH | O_DIRECTORY;
    UniqueFd next(open_in_root(root, prefix.data(), flags));
    if (!next.is_open()) {
      if (errno != ENOENT && errno != ELOOP) return {};
      if (!is_ours(parent.get(), root)) return errno = EROFS, UniqueFd();
      const int err = make_one(parent.get(), prefix.data() + start, last ? form : Form::kDirectory,
                               last ? mode : 0755);
      if (err != 0) return errno = err, UniqueFd();
      next.reset(open_in_root(root, prefix.data(), flags));
    }
    parent = std::move(next);
    start = end + 1;
  }
  return parent;
}

/// Shows a detached mount at a path of the root.
int show(int root, int tree, const char* target) noexcept {
  struct stat info {
  }, there{};
  if (::fstat(tree, &info) != 0) return errno;
  const Form form = S_ISDIR(info.st_mode) ? Form::kDirectory : Form::kFile;
  const UniqueFd place = open_or_make(root, target, form, 0755);
  if (!place.is_open() || ::fstat(place.get(), &there) != 0) return errno;
  if (S_ISDIR(there.st_mode) != S_ISDIR(info.st_mode)) return ENOTDIR;
  return attach_to(tree, place.get());
}

std::uint64_t attributes_of(const MountStepView& step) noexcept {
  return kSafe | ((step.flags & kMountReadOnly) != 0 ? MOUNT_ATTR_RDONLY : 0U);
}

int remember(std::uint32_t number, UniqueFd root) noexcept {
  if (number == 0 || number > kMostRoots) return EMFILE;
  g_roots[number] = root.release() + 1;
  g_has_roots = true;
  return 0;
}

/// In the directory of the root, so that the names of its layers are short.
int mount_overlay(const MountStepView& step) noexcept {
  for (const char* const layer : {"upper", "work", "root"}) {
    if (const int err = make_directory(layer, 0700); err != 0) return err;
  }
  const std::array<char, 2> top{root_layer_name(0), '\0'};
  struct stat info {};
  if (::stat(top.data(), &info) != 0 || ::chmod("upper", info.st_mode & 07777) != 0) return errno;
  const std::array options{Option{"lowerdir", step.text}, Option{"upperdir", "upper"},
                           Option{"workdir", "work"}, Option{"userxattr", nullptr}};
  UniqueFd root = new_mount("overlay", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (!root.is_open()) return errno;
  if (const int err = attach(root.get(), "root"); err != 0) return err;
  return remember(step.root, std::move(root));
}

int root_overlay(const MountStepView& step) noexcept {
  const UniqueFd scratch(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!scratch.is_open() || ::chdir(step.source) != 0) return errno;
  const int err = mount_overlay(step);
  return ::fchdir(scratch.get()) == 0 ? err : errno;
}

int root_tree(const MountStepView& step) noexcept {
  UniqueFd tree = take_kept(step.slot);
  if (!tree.is_open()) return EBADF;
  if (const int err = set_attributes(tree.get(), "", kSafe | MOUNT_ATTR_NODEV); err != 0)
    return err;
  if (const int err = attach(tree.get(), step.source); err != 0) return err;
  return remember(step.root, std::move(tree));
}

/// What belongs to somebody else cannot be written to, as /run has to be.
bool is_the_users_own(int root, const char* path) noexcept {
  const UniqueFd found(open_in_root(root, path, O_PATH | O_DIRECTORY));
  struct stat info {};
  return found.is_open() && ::fstat(found.get(), &info) == 0 && info.st_uid == owner_of_mounts();
}

int show_source(int root, const MountStepView& step) noexcept {
  const UniqueFd tree(open_tree(step.source, AT_RECURSIVE));
  if (!tree.is_open()) return errno;
  if (const int err = set_attributes(tree.get(), "", attributes_of(step)); err != 0) return err;
  return show(root, tree.get(), step.target);
}

int put(int root, const MountStepView& step) noexcept {
  const UniqueFd kept = take_kept(step.slot);
  if (!kept.is_open()) return EBADF;
  if (const int err = set_attributes(kept.get(), "", attributes_of(step)); err != 0) return err;
  return show(root, kept.get(), step.target);
}

}  // namespace

int root_directory(std::uint32_t number) noexcept {
  return number <= kMostRoots ? g_roots[number] - 1 : -1;
}

bool has_roots() noexcept {
  return g_has_roots;
}

int apply_root_step(const MountStepView& step) noexcept {
  if (step.kind == MountKind::kRootOverlay) return root_overlay(step);
  if (step.kind == MountKind::kRootTree) return root_tree(step);
  const int root = root_directory(step.root);
  if (root < 0) return EBADF;
  switch (step.kind) {
    case MountKind::kRootDirectory:
      return open_or_make(root, step.target, Form::kDirectory, step.mode).is_open() ? 0 : errno;
    case MountKind::kRootFresh:
      return is_the_users_own(root, step.target) ? 0 : show_source(root, step);
    case MountKind::kRootShow:
      return show_source(root, step);
    case MountKind::kRootPut:
      return put(root, step);
    default:
      return EINVAL;
  }
}

}  // namespace hitch
