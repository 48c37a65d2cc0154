#include "introspect/descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>

#include "introspect/directory_names.h"
#include "introspect/parsers.h"
#include "introspect/proc_dir.h"
#include "introspect/process_text.h"
#include "runtime/base/text.h"

namespace hitch::introspect {

namespace {

/// The beginning of fdinfo, which is all that is of interest: of an epoll set it is long.
std::optional<FdInfo> read_fdinfo(int directory, const char* name) {
  const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  std::array<char, 256> buffer;
  const auto n = ::read(file.get(), buffer.data(), buffer.size());
  if (n <= 0) return std::nullopt;
  return parse_fdinfo({buffer.data(), static_cast<std::size_t>(n)});
}

/// Whether the file behind a descriptor is a regular one. Looks through the descriptor, as the path
/// may be of another mount namespace.
bool is_regular(int directory, const char* name) {
  struct stat status;
  return ::fstatat(directory, name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Answer<std::vector<Descriptor>> read_descriptors(const ProcDir& process) {
  HITCH_TRY(const auto directory, process.open_at("fd", O_RDONLY | O_DIRECTORY));
  std::vector<Descriptor> found;
  std::array<char, PATH_MAX> link;
  DirectoryNames names(directory.get());
  while (const char* name = names.next_number()) {
    const auto size = ::readlinkat(directory.get(), name, link.data(), link.size());
    if (size < 0) {
      if (errno == EACCES) return process.failure(EACCES, "read links in 'fd'");
      continue;  // closed since
    }
    std::string_view text(link.data(), static_cast<std::size_t>(size));
    Descriptor& descriptor = found.emplace_back();
    descriptor.fd = parse_number<int>(name).value_or(-1);
    if (text.starts_with('/')) {
      descriptor.path = text.substr(0, text.find('\0'));
    } else if (const auto inode = parse_socket_link(text)) {
      descriptor.socket_inode = *inode;
    }
  }
  if (names.err() != 0) return process.failure(names.err(), "read directory 'fd'");
  if (!process.exists()) return process.failure(ESRCH, "read directory 'fd'");
  return found;
}

Answer<int> count_descriptors(const ProcDir& process) {
  struct stat status;
  if (::fstatat(process.fd(), "fd", &status, 0) == 0 && status.st_size > 0) {
    return static_cast<int>(status.st_size);
  }
  HITCH_TRY(const auto directory, process.open_at("fd", O_RDONLY | O_DIRECTORY));
  int count = 0;
  DirectoryNames names(directory.get());
  while (names.next_number() != nullptr) ++count;
  if (names.err() != 0) return process.failure(names.err(), "read directory 'fd'");
  return count;
}

Answer<std::vector<OpenFile>> open_files_of(const ProcDir& process,
                                            std::span<const Descriptor> descriptors) {
  std::vector<OpenFile> files;
  UniqueFd links, infos;
  for (const auto& descriptor : descriptors) {
    if (descriptor.path.empty()) continue;
    if (!links.is_open()) {
      HITCH_TRY(links, process.open_at("fd", O_PATH | O_DIRECTORY));
      HITCH_TRY(infos, process.open_at("fdinfo", O_PATH | O_DIRECTORY));
    }
    const auto name = std::to_string(descriptor.fd);
    if (!is_regular(links.get(), name.c_str())) continue;
    // A file that has been removed is left out, as psutil does.
    if (descriptor.path.ends_with(" (deleted)") && !process.has_path(descriptor.path)) continue;
    const auto info = read_fdinfo(infos.get(), name.c_str());
    if (!info) continue;  // closed since
    files.push_back({.path = descriptor.path,
                     .fd = descriptor.fd,
                     .position = info->position,
                     .mode = std::string(mode_of(info->flags)),
                     .flags = info->flags});
  }
  if (!process.exists()) return process.failure(ESRCH, "read 'fdinfo'");
  return files;
}

}  // namespace hitch::introspect
