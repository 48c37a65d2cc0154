#include "runtime/cgroup/group_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "runtime/base/fd.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

bool has_magic(const fs::path& path, long magic) {
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == magic;
}

}  // namespace

Result<std::string> read_group_file(const fs::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "open", path.native());
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "read", path.native());
    if (n == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
}

Status write_group_file(const fs::path& path, std::string_view value) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "open", path.native());
  ssize_t n = 0;
  do {
    n = ::write(file.get(), value.data(), value.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::from_errno(errno, "write to", path.native());
  return Done{};
}

bool has_word(std::string_view text, std::string_view word) {
  for (;;) {
    const auto end = text.find_first_of(" \n");
    if (text.substr(0, end) == word) return true;
    if (end == text.npos) return false;
    text.remove_prefix(end + 1);
  }
}

std::uint64_t number_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
      return parse_number<std::uint64_t>(line.substr(name.size() + 1)).value_or(0);
    }
    if (end == text.npos) return 0;
    text.remove_prefix(end + 1);
  }
  return 0;
}

std::vector<pid_t> processes_in(const fs::path& group) {
  std::vector<pid_t> pids;
  const auto text = read_group_file(group / "cgroup.procs");
  if (!text) return pids;
  std::string_view rest = *text;
  for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
    if (const auto pid = parse_number<pid_t>(rest.substr(0, end))) pids.push_back(*pid);
    rest.remove_prefix(end + 1);
  }
  return pids;
}

bool is_group_v1(const fs::path& path) {
  return has_magic(path, CGROUP_SUPER_MAGIC);
}

bool is_group_v2(const fs::path& path) {
  return has_magic(path, CGROUP2_SUPER_MAGIC);
}

Status remove_group(const fs::path& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return Done{};
  std::error_code ec;
  std::vector<fs::path> below;
  for (fs::directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->is_directory(ec)) below.push_back(it->path());
  }
  for (const auto& group : below) HITCH_CHECK(remove_group(group));
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return Done{};
  return Error::from_errno(errno, "remove control group", path.native());
}

}  // namespace hitch
