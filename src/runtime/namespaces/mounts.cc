#include "runtime/namespaces/mounts.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"
#include "runtime/namespaces/mount_calls.h"
#include "runtime/namespaces/own_root.h"
#include "runtime/namespaces/root_mounts.h"

namespace hitch {

namespace {

/// Makes a directory, or an empty file, and the directories above it. Whatever is there is enough.
int make_mount_point(const char* path, bool directory) noexcept {
  const int rc = directory ? ::mkdir(path, 0755) : ::mknod(path, S_IFREG | 0644, 0);
  if (rc == 0) return give_away(path);
  struct stat existing {};
  if (::stat(path, &existing) == 0) return 0;
  std::array<char, PATH_MAX> buffer;
  const std::size_t length = std::strlen(path);
  if (length >= buffer.size()) return ENAMETOOLONG;
  std::memcpy(buffer.data(), path, length + 1);
  for (std::size_t i = 1; i <= length; ++i) {
    if (buffer[i] != '/' && buffer[i] != '\0') continue;
    if (i == length && !directory) break;
    buffer[i] = '\0';
    if (const int err = make_directory(buffer.data(), 0755); err != 0) return err;
    buffer[i] = i == length ? '\0' : '/';
  }
  if (directory) return 0;
  const UniqueFd file(::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  return file.is_open() ? give_away(path) : errno;
}

int scratch(const MountStepView& step) noexcept {
  const std::array options{Option{"mode", "0755"}, Option{"size", step.text}};
  const int err = mount_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, step.target);
  if (err != 0) return err;
  return ::chdir(step.target) == 0 ? 0 : errno;
}

int put(const MountStepView& step) noexcept {
  const UniqueFd kept = take_kept(step.slot);
  if (!kept.is_open()) return EBADF;
  struct stat info {};
  if (::fstat(kept.get(), &info) != 0) return errno;
  const std::uint64_t read_only = (step.flags & kMountReadOnly) != 0 ? MOUNT_ATTR_RDONLY : 0;
  if (const int err = set_attributes(kept.get(), "", kSafe | read_only); err != 0) return err;
  if (const int err = make_mount_point(step.target, S_ISDIR(info.st_mode)); err != 0) return err;
  return attach(kept.get(), step.target);
}

/// @param attributes  beyond those that the source has
int bind(const char* source, const char* target, std::uint64_t attributes) noexcept {
  const UniqueFd tree(open_tree(source, AT_RECURSIVE));
  if (!tree.is_open()) return errno;
  if (attributes != 0) {
    if (const int err = set_attributes(tree.get(), "", attributes); err != 0) return err;
  }
  return attach(tree.get(), target);
}

int make_directory_of_mode(const MountStepView& step) noexcept {
  if (::mkdir(step.target, step.mode) != 0) {
    if (const int err = make_mount_point(step.target, true); err != 0) return err;
  } else {
    if (const int err = give_away(step.target); err != 0) return err;
    constexpr mode_t kLeftByUmask = 0755;
    if ((step.mode & ~kLeftByUmask) == 0) return 0;
  }
  return ::chmod(step.target, step.mode) == 0 ? 0 : errno;
}

int overlay(const MountStepView& step) noexcept {
  std::array<char, NAME_MAX> upper{}, work{};
  const std::size_t length = std::strlen(step.text);
  if (length + 6 > upper.size()) return ENAMETOOLONG;
  std::memcpy(upper.data(), step.text, length);
  std::memcpy(upper.data() + length, ".upper", 7);
  std::memcpy(work.data(), step.text, length);
  std::memcpy(work.data() + length, ".work", 6);
  for (const char* layer : {upper.data(), work.data()}) {
    if (const int err = make_directory(layer, 0700); err != 0) return err;
  }
  // The merged directory shows the upper one's mode, which has to be the lower one's.
  struct stat info {};
  if (::stat(step.source, &info) != 0) return errno;
  if (::chmod(upper.data(), info.st_mode & 07777) != 0) return errno;
  if (const int err = make_mount_point(step.target, true); err != 0) return err;
  const std::array options{Option{"lowerdir", step.source}, Option{"upperdir", upper.data()},
                           Option{"workdir", work.data()}, Option{"userxattr", nullptr}};
  return mount_new("overlay", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, step.target);
}

int devpts(const MountStepView& step) noexcept {
  const std::array options{Option{"newinstance", nullptr}, Option{"ptmxmode", "0666"},
                           Option{"mode", "0620"}};
  return mount_new("devpts", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, step.target);
}

bool exists(const char* path) noexcept {
  struct stat info {};
  return ::fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

int write_text(const char* path, int flags, const char* text) noexcept {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC | flags, 0644));
  if (!file.is_open()) return errno;
  if (const int err = write_fully(file.get(), text); err != 0) return err;
  return (flags & O_CREAT) != 0 ? give_away(path) : 0;
}

int apply(const MountStepView& step) noexcept {
  switch (step.kind) {
    case MountKind::kDetach:
      return detach_mounts();
    case MountKind::kScratch:
      return scratch(step);
    case MountKind::kTake:
      return keep(step.slot, step.source);
    case MountKind::kReadOnlyAll:
      return set_attributes(AT_FDCWD, "/", MOUNT_ATTR_RDONLY | kSafe);
    case MountKind::kDirectory:
      return make_directory_of_mode(step);
    case MountKind::kFile:
      return write_text(step.target, O_CREAT | O_TRUNC, step.text);
    case MountKind::kSymlink:
      return ::symlink(step.text, step.target) == 0 ? 0 : errno;
    case MountKind::kBind:
      if ((step.flags & kMountMakePoint) != 0) {
        if (const int err = make_mount_point(step.target, true); err != 0) return err;
      }
      // Of the scratch tmpfs, which is as safe as it has to be.
      return bind(step.source, step.target,
                  (step.flags & kMountReadOnly) != 0 ? MOUNT_ATTR_RDONLY : 0U);
    case MountKind::kPut:
      return put(step);
    case MountKind::kOverlay:
      return overlay(step);
    case MountKind::kProc:
      return mount_new("proc", std::array<Option, 0>{}, kSafest, step.target);
    case MountKind::kDevpts:
      return devpts(step);
    case MountKind::kFreeze:
      return bind(step.target, step.target, MOUNT_ATTR_RDONLY | kSafest);
    case MountKind::kMask:
      // Asked first: letting go of a mount that was never attached takes the kernel a while.
      return exists(step.target) ? bind("/dev/null", step.target, kSafe) : errno;
    case MountKind::kSysctl:
      return write_text(step.target, 0, step.text);
    default:
      return apply_root_step(step);
  }
  return EINVAL;
}

}  // namespace

int apply_mount_step(const MountStepView& step) noexcept {
  const int err = apply(step);
  if ((step.flags & kMountOptional) == 0) return err;
  // Older kernels want uid 0 to be mapped for a devpts. mount_namespaces(7)
  const bool tolerable = err == ENOENT || err == ENOTDIR || step.kind == MountKind::kDevpts;
  const bool refusal = err == EROFS || err == EACCES || err == EPERM;
  return tolerable || (refusal && (step.flags & kMountRefusable) != 0) ? 0 : err;
}

const char* mount_action(MountKind kind) noexcept {
  switch (kind) {
    case MountKind::kDetach:
      return "detach mounts from the host's";
    case MountKind::kScratch:
      return "mount a tmpfs on";
    case MountKind::kTake:
      return "keep the directory";
    case MountKind::kReadOnlyAll:
      return "make read-only";
    case MountKind::kDirectory:
      return "make directory";
    case MountKind::kFile:
      return "write";
    case MountKind::kSymlink:
      return "make symbolic link";
    case MountKind::kBind:
    case MountKind::kPut:
      return "mount";
    case MountKind::kOverlay:
      return "mount an overlay on";
    case MountKind::kProc:
      return "mount a fresh proc on";
    case MountKind::kDevpts:
      return "mount a fresh devpts on";
    case MountKind::kFreeze:
      return "make read-only";
    case MountKind::kMask:
      return "mask";
    case MountKind::kSysctl:
      return "write kernel setting";
    case MountKind::kRootOverlay:
      return "mount an overlay as root";
    case MountKind::kRootTree:
      return "mount as root";
    case MountKind::kRootDirectory:
      return "make in the root of a service the directory";
    case MountKind::kRootFresh:
    case MountKind::kRootShow:
    case MountKind::kRootPut:
      return "mount in the root of a service";
  }
  return "set up";
}

}  // namespace hitch
