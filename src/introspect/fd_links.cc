#include "introspect/fd_links.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "introspect/as_owner.h"
#include "introspect/parsers.h"
#include "introspect/proc_file.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

constexpr std::size_t kLinkBytes = 255;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { (void)::closedir(directory); }
};

}  // namespace

Status visit_fd_links(pid_t pid, const std::function<Visit(int fd, std::string_view link)>& visit) {
  HITCH_TRY(auto fd, open_proc_file(pid, "fd", O_DIRECTORY));
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (directory == nullptr) {
    return Error::from_errno(errno, "read directory", ProcPath(pid, "fd").view());
  }
  const int directory_fd = fd.release();  // the DIR has it now
  std::optional<AsOwner> owner;
  std::array<char, kLinkBytes> link;
  while (const dirent* entry = ::readdir(directory.get())) {
    const auto number = parse_number<int>(entry->d_name);
    if (!number) continue;
    auto size = ::readlinkat(directory_fd, entry->d_name, link.data(), link.size());
    if (size < 0 && errno == EACCES && !owner && ::geteuid() == 0) {
      owner.emplace(pid);
      size = ::readlinkat(directory_fd, entry->d_name, link.data(), link.size());
    }
    if (size < 0) continue;  // closed since
    const std::string_view text(link.data(), static_cast<std::size_t>(size));
    if (visit(*number, text) == Visit::kStop) break;
  }
  return Done{};
}

Result<bool> holds_socket(pid_t pid, std::span<const std::uint64_t> inodes) {
  bool found = false;
  const auto look = [&](int, std::string_view link) {
    const auto inode = parse_socket_link(link);
    found = inode && std::find(inodes.begin(), inodes.end(), *inode) != inodes.end();
    return found ? Visit::kStop : Visit::kGoOn;
  };
  HITCH_CHECK(visit_fd_links(pid, look));
  return found;
}

}  // namespace hitch
