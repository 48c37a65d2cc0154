#include "introspect/machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <string_view>

#include "introspect/parsers.h"
#include "introspect/proc_dir.h"
#include "runtime/base/fd.h"
#include "runtime/base/text.h"

namespace hitch::introspect {

namespace {

std::string whole_file(const char* path) {
  std::string buffer;
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::size_t filled = 0;
  if (!file.is_open() || read_rest(file.get(), buffer, filled) != 0) return {};
  buffer.resize(filled);
  return buffer;
}

/// The number behind a label at the beginning of a line; 0 if there is none.
std::uint64_t number_of_line(const char* path, std::string_view label) {
  const auto content = whole_file(path);
  std::string_view text = content;
  while (!text.empty()) {
    auto line = take_line(text);
    if (!line.starts_with(label)) continue;
    line.remove_prefix(label.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::uint64_t value = 0;
    (void)std::from_chars(line.data(), line.data() + line.size(), value);  // 0 if it is none
    return value;
  }
  return 0;
}

std::map<uid_t, std::string> read_users() {
  std::map<uid_t, std::string> users;
  const auto content = whole_file("/etc/passwd");
  std::string_view text = content;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto name_end = line.find(':');
    const auto password_end = line.find(':', std::min(name_end, line.size() - 1) + 1);
    if (name_end == line.npos || password_end == line.npos) continue;
    const auto rest = line.substr(password_end + 1);
    const auto uid = parse_number<uid_t>(rest.substr(0, rest.find(':')));
    if (uid) users.try_emplace(*uid, line.substr(0, name_end));  // the first one counts
  }
  return users;
}

/// Users are read again when the file has changed.
class UserNames {
 public:
  std::string of(uid_t uid) {
    const std::lock_guard lock(mutex_);
    struct stat status {};
    (void)::stat("/etc/passwd", &status);  // without one there are no users
    if (status.st_mtim.tv_sec != read_at_.tv_sec || status.st_mtim.tv_nsec != read_at_.tv_nsec) {
      users_ = read_users();
      read_at_ = status.st_mtim;
    }
    const auto found = users_.find(uid);
    return found != users_.end() ? found->second : std::to_string(uid);
  }

 private:
  std::mutex mutex_;
  timespec read_at_{};
  std::map<uid_t, std::string> users_;
};

}  // namespace

double ticks_per_second() noexcept {
  static const auto kTicks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return kTicks;
}

std::uint64_t page_bytes() noexcept {
  static const auto kBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return kBytes;
}

double boot_time() {
  static const auto kSeconds = static_cast<double>(number_of_line("/proc/stat", "btime "));
  return kSeconds;
}

std::uint64_t memory_bytes() {
  constexpr std::uint64_t kKibibyte = 1024;
  static const auto kBytes = number_of_line("/proc/meminfo", "MemTotal:") * kKibibyte;
  return kBytes;
}

int processor_count() noexcept {
  static const auto kCount = static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF));
  return kCount;
}

std::string user_name(uid_t uid) {
  static UserNames names;
  return names.of(uid);
}

}  // namespace hitch::introspect
