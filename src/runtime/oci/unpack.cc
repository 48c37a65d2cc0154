#include "runtime/oci/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <unordered_set>

#include "runtime/oci/layer_reader.h"
#include "runtime/oci/unpack_tree.h"

namespace hitch {

namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kAufs = ".wh..wh.";  // what aufs keeps for itself
constexpr const char* kOpaqueAttribute = "user.overlay.opaque";
constexpr std::size_t kMostNotes = 100;

/// Of which the kernel says that a file system does not take it. mknod(2), setxattr(2)
bool is_refusal(int err) {
  return err == EPERM || err == EACCES || err == EOPNOTSUPP || err == EINVAL || err == ENOSYS;
}

Error marks_refused(int err) {
  return Error::from_errno(is_refusal(err) ? EOPNOTSUPP : err, "mark a file as gone");
}

class Unpacker {
 public:
  Unpacker(const UnpackRequest& request, LayerReader reader)
      : request_(request), reader_(std::move(reader)), tree_(request.root) {}

  Result<UnpackReport> run() {
    LayerEntry entry;
    for (;;) {
      HITCH_TRY(const bool more, reader_.next(entry));
      if (!more) break;
      if (++report_.entries > request_.limits.entries) {
        return Error::because("it has more than " + std::to_string(request_.limits.entries) +
                              " entries");
      }
      if (auto status = take(entry); !status) {
        return std::move(status).error().within("entry " + in_quotes(entry.path));
      }
    }
    HITCH_CHECK(finish_directories());
    HITCH_TRY(const std::string found, reader_.diff_id());
    if (found != request_.diff_id) {
      return Error::because("its content is " + found + ", and not what the image names, " +
                            request_.diff_id);
    }
    return std::move(report_);
  }

 private:
  /// A directory gets its mode and time last: it may not be writable.
  struct Finish {
    mode_t mode;
    timespec modified;
  };

  Status take(const LayerEntry& entry);
  Status make(const LayerEntry& entry, int parent, const std::string& name);
  Status make_directory(const LayerEntry& entry, int parent, const std::string& name);
  Status make_file(const LayerEntry& entry, int parent, const std::string& name);
  Status make_hard_link(const LayerEntry& entry, int parent, const std::string& name);
  Status make_room(int parent, const std::string& name, bool& was_marked);
  Status white_out(int parent, const std::string& directory, const std::string& name);
  Status make_opaque(int directory, const std::string& path);
  Status finish_directories();
  Result<UniqueFd> parent_of(const ArchivePath& path);
  void remember();
  void note(const LayerEntry& entry, std::string_view what);

  const UnpackRequest& request_;
  LayerReader reader_;
  UnpackTree tree_;
  UnpackReport report_{};
  std::unordered_set<std::string> made_{};  ///< by this layer
  std::map<std::string, Finish> directories_{};
  std::string path_{};  ///< of the current entry, in its plain form
  std::uint64_t bytes_ = 0;
};

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + '/' + name;
}

void Unpacker::note(const LayerEntry& entry, std::string_view what) {
  if (report_.notes.size() == kMostNotes) report_.notes.emplace_back("and more of that kind");
  if (report_.notes.size() > kMostNotes) return;
  report_.notes.push_back(in_quotes(entry.path) + std::string(what));
}

/// The current entry, and the directories above it, which the layer need not have as entries.
void Unpacker::remember() {
  std::string path = path_;
  while (made_.insert(path).second) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return;
    path.resize(slash);
  }
}

Result<UniqueFd> Unpacker::parent_of(const ArchivePath& path) {
  HITCH_TRY(auto parent, tree_.make_directory(path.directory));
  struct stat info {};
  constexpr mode_t kUsable = S_IWUSR | S_IXUSR;
  if (::fstat(parent.get(), &info) != 0) return Error::from_errno(errno, "look at its directory");
  if ((info.st_mode & kUsable) == kUsable) return parent;
  // Of a layer before this one, which may not be written to by its owner.
  directories_.try_emplace(path.directory, Finish{info.st_mode & 01777, info.st_mtim});
  if (::fchmod(parent.get(), 0700) != 0) return Error::from_errno(errno, "open its directory");
  return parent;
}

Status Unpacker::take(const LayerEntry& entry) {
  HITCH_TRY(const auto path, parse_archive_path(entry.path));
  if (entry.has_attributes) note(entry, ": its extended attributes are left out");
  if (path.name.empty()) {  // "./", the root itself
    if (entry.type != LayerEntry::Type::kDirectory) {
      return Error::because("it is the root, and no directory");
    }
    directories_.insert_or_assign("", Finish{entry.mode & 01777, entry.modified});
    return Done{};
  }
  HITCH_TRY(const auto parent, parent_of(path));
  if (path.name == kOpaque) return make_opaque(parent.get(), path.directory);
  if (path.name.starts_with(kAufs)) return note(entry, " is left out"), Done{};
  if (path.name.starts_with(kWhiteout)) {
    return white_out(parent.get(), path.directory, path.name.substr(kWhiteout.size()));
  }
  path_ = joined(path.directory, path.name);
  return make(entry, parent.get(), path.name);
}

/// What has been there gives way: a later entry of an archive counts.
Status Unpacker::make_room(int parent, const std::string& name, bool& was_marked) {
  struct stat info {};
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Done{};
  was_marked = S_ISCHR(info.st_mode);  // other devices are not made
  if (S_ISDIR(info.st_mode) && made_.contains(path_)) {
    return Error::because("it is there twice, once as a directory");
  }
  return remove_below(parent, name);
}

Status Unpacker::make(const LayerEntry& entry, int parent, const std::string& name) {
  using enum LayerEntry::Type;
  if (entry.type == kDirectory) return make_directory(entry, parent, name);
  if (entry.type == kDevice) return note(entry, " is a device, and left out"), Done{};
  if (entry.type == kSocket) return note(entry, " is a socket, and left out"), Done{};
  if (entry.type == kOdd) return Error::because("it is of a type that hitch does not know");
  bool was_marked = false;
  if (entry.type != kHardLink) HITCH_CHECK(make_room(parent, name, was_marked));
  Status made = Done{};
  if (entry.type == kFile) made = make_file(entry, parent, name);
  if (entry.type == kHardLink) made = make_hard_link(entry, parent, name);
  if (entry.type == kSymlink) {
    if (entry.link.empty()) return Error::because("it is a symbolic link to nowhere");
    if (::symlinkat(entry.link.c_str(), parent, name.c_str()) != 0) {
      return Error::from_errno(errno, "make a symbolic link");
    }
  }
  if (entry.type == kFifo && ::mkfifoat(parent, name.c_str(), entry.mode & 0777) != 0) {
    return Error::from_errno(errno, "make a FIFO");
  }
  if (made) remember();
  return made;
}

Status Unpacker::make_directory(const LayerEntry& entry, int parent, const std::string& name) {
  struct stat info {};
  const bool there = ::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && !S_ISDIR(info.st_mode) && made_.contains(path_)) {
    return Error::because("it is there twice, once as a directory");
  }
  const bool replaces = there && S_ISCHR(info.st_mode);
  if (there && !S_ISDIR(info.st_mode)) HITCH_CHECK(remove_below(parent, name));
  if ((!there || !S_ISDIR(info.st_mode)) && ::mkdirat(parent, name.c_str(), 0700) != 0) {
    return Error::from_errno(errno, "make a directory");
  }
  remember();
  directories_.insert_or_assign(path_, Finish{entry.mode & 01777, entry.modified});
  if (!replaces) return Done{};
  HITCH_TRY(const auto directory, tree_.open_directory(path_));
  return make_opaque(directory.get(), path_);  // the one of the layer below is gone
}

Status Unpacker::make_file(const LayerEntry& entry, int parent, const std::string& name) {
  // A sparse file takes no room here, and all of it where it is copied.
  const auto size = entry.size < 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(entry.size);
  if (size > request_.limits.bytes - bytes_) {
    return Error::because("with it, the files are larger than " +
                          std::to_string(request_.limits.bytes >> 20U) + " MiB");
  }
  bytes_ += size;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd file(::openat(parent, name.c_str(), kFlags, 0600));
  if (!file.is_open()) return Error::from_errno(errno, "make a file");
  HITCH_CHECK(reader_.copy_content(file.get()));
  if (::ftruncate(file.get(), entry.size) != 0) return Error::from_errno(errno, "set its size");
  const timespec times[2] = {entry.modified, entry.modified};
  if (::fchmod(file.get(), entry.mode & 0777) != 0 || ::futimens(file.get(), times) != 0) {
    return Error::from_errno(errno, "set its mode and time");
  }
  return Done{};
}

Status Unpacker::make_hard_link(const LayerEntry& entry, int parent, const std::string& name) {
  auto target = parse_archive_path(entry.link);
  if (!target) return std::move(target).error().within("the target of the hard link");
  const std::string shown = "the target of the hard link, " + in_quotes(entry.link) + ',';
  auto directory = tree_.open_directory(target->directory);
  if (!directory && directory.error().err() == ENOENT) {
    return Error::because(shown + " is not there");
  }
  if (!directory) return std::move(directory).error().within("the target of the hard link");
  struct stat info {};
  if (target->name.empty() ||
      ::fstatat(directory->get(), target->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return Error::because(shown + " is not there");
  }
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
    return Error::because(shown + " is no file");
  }
  if (joined(target->directory, target->name) == path_) return Done{};  // it is there already
  bool was_marked = false;
  HITCH_CHECK(make_room(parent, name, was_marked));
  if (::linkat(directory->get(), target->name.c_str(), parent, name.c_str(), 0) == 0) return Done{};
  return Error::from_errno(errno, "make a hard link");
}

Status Unpacker::white_out(int parent, const std::string& directory, const std::string& name) {
  if (name.empty() || name == "." || name == "..") {
    return Error::because("it says of no file that it is gone");
  }
  const std::string path = joined(directory, name);
  if (made_.contains(
          path)) {  // it is about the layers before: those show through directories alone
    auto same = tree_.open_directory(path);
    return same ? make_opaque(same->get(), path) : Status(Done{});
  }
  if (request_.whiteouts == Whiteouts::kApply) return remove_below(parent, name);
  // Which anybody may make since Linux 5.8. mknod(2)
  if (::mknodat(parent, name.c_str(), S_IFCHR, ::makedev(0, 0)) == 0 || errno == EEXIST) {
    return Done{};
  }
  return marks_refused(errno);
}

Status Unpacker::make_opaque(int directory, const std::string& path) {
  if (request_.whiteouts == Whiteouts::kMark) {
    if (::fsetxattr(directory, kOpaqueAttribute, "y", 1, 0) == 0) return Done{};
    return marks_refused(errno);
  }
  return remove_older_below(directory, path, made_);
}

Status Unpacker::finish_directories() {
  directories_.try_emplace("", Finish{0755, {}});
  // Inner ones first: a path sorts before what is below it.
  for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
    const auto& [path, finish] = *it;
    const auto directory = tree_.open_directory(path);
    if (!directory) continue;  // gone again
    timespec times[2] = {finish.modified, finish.modified};
    // That of the root is when the cache was last asked for it.
    if (path.empty()) times[0].tv_nsec = times[1].tv_nsec = UTIME_NOW;
    if (::fchmod(directory->get(), finish.mode) != 0 || ::futimens(directory->get(), times) != 0) {
      return Error::from_errno(errno, "set mode and time of", path);
    }
  }
  return Done{};
}

}  // namespace

Result<UnpackReport> unpack_layer(const UnpackRequest& request) {
  HITCH_TRY(auto reader, LayerReader::open(request.blob, request.limits.bytes));
  return Unpacker(request, std::move(reader)).run();
}

}  // namespace hitch
