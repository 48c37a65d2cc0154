#include "runtime/oci/unpack_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace hitch {

namespace {

/// Far more than any image has, and less than there are descriptors.
constexpr int kDeepest = 200;

int open_beneath(int root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const char* const name = path.empty() ? "." : path.c_str();
  return static_cast<int>(::syscall(SYS_openat2, root, name, &how, sizeof how));
}

Error why_not_opened(int err, const std::string& path) {
  if (err == ELOOP) {
    return Error::because("its path " + in_quotes(path) + " goes through a symbolic link");
  }
  if (err == ENOTDIR) {
    return Error::because("its path " + in_quotes(path) + " goes through what is no directory");
  }
  return Error::from_errno(err, "open directory", path);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { (void)::closedir(directory); }
};

Result<std::vector<std::string>> names_in(int directory) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseDirectory> list(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!list) return Error::from_errno(errno, "list a directory");
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(list.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace

Result<ArchivePath> parse_archive_path(std::string_view path) {
  if (path.starts_with('/')) return Error::because("its path is absolute");
  if (path.size() >= PATH_MAX) return Error::because("its path is too long");
  ArchivePath parsed;
  int depth = 0;
  while (!path.empty()) {
    const auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part == "..") return Error::because("its path has '..' in it");
    if (part.size() > NAME_MAX) return Error::because("its path is too long");
    if (part.find('\0') != std::string_view::npos) {
      return Error::because("its path has a NUL in it");
    }
    if (++depth > kDeepest) return Error::because("its path is nested too deep");
    if (!parsed.name.empty()) {
      parsed.directory += (parsed.directory.empty() ? "" : "/") + parsed.name;
    }
    parsed.name = part;
  }
  return parsed;
}

Result<UniqueFd> UnpackTree::open_directory(const std::string& path) const {
  UniqueFd directory(open_beneath(root_, path));
  if (!directory.is_open()) return why_not_opened(errno, path);
  return directory;
}

Result<UniqueFd> UnpackTree::make_directory(const std::string& path) const {
  UniqueFd directory(open_beneath(root_, path));  // as a rule it is there
  if (directory.is_open()) return directory;
  if (errno != ENOENT) return why_not_opened(errno, path);
  const auto slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  HITCH_TRY(const auto parent, make_directory(above));
  if (::mkdirat(parent.get(), name.c_str(), 0755) != 0) {
    return Error::from_errno(errno, "make directory", path);
  }
  directory.reset(open_beneath(root_, path));
  if (!directory.is_open()) return why_not_opened(errno, path);
  return directory;
}

Status remove_below(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return Done{};
  if (errno != EISDIR && errno != EPERM) return Error::from_errno(errno, "remove", name);
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  (void)::fchmodat(directory, name.c_str(), 0700, 0);  // what may not be listed cannot be emptied
  const UniqueFd inner(::openat(directory, name.c_str(), kFlags));
  if (!inner.is_open()) return Error::from_errno(errno, "remove", name);
  HITCH_TRY(const auto names, names_in(inner.get()));
  for (const auto& below : names) HITCH_CHECK(remove_below(inner.get(), below));
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return Done{};
  return Error::from_errno(errno, "remove", name);
}

Status remove_older_below(int directory, const std::string& path,
                          const std::unordered_set<std::string>& kept) {
  HITCH_TRY(const auto names, names_in(directory));
  for (const auto& name : names) {
    const std::string below = path.empty() ? name : path + '/' + name;
    if (!kept.contains(below)) {
      HITCH_CHECK(remove_below(directory, name));
      continue;
    }
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd inner(::openat(directory, name.c_str(), kFlags));
    if (inner.is_open()) HITCH_CHECK(remove_older_below(inner.get(), below, kept));
  }
  return Done{};
}

}  // namespace hitch
