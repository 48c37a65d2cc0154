#include "introspect/proc_dir.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "introspect/parsers.h"
#include "introspect/proc_file.h"
#include "runtime/base/error.h"

namespace hitch::introspect {

namespace {

constexpr std::size_t kFirstBufferBytes = 4096;
constexpr std::string_view kDeleted = " (deleted)";

std::string action_on(std::string_view verb, std::string_view name) {
  return std::string(verb) + ' ' + in_quotes(name);
}

}  // namespace

int read_rest(int fd, std::string& buffer, std::size_t& filled) {
  if (buffer.size() < kFirstBufferBytes) buffer.resize(kFirstBufferBytes);
  for (;;) {
    if (filled == buffer.size()) buffer.resize(buffer.size() * 2);
    const auto n = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (n == 0) return 0;
    if (n > 0) {
      filled += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      return errno;
    }
  }
}

bool is_hidden(pid_t pid) noexcept {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

Answer<ProcDir> ProcDir::open(pid_t pid) {
  const ProcPath path(pid, "");
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open()) return ProcDir(std::move(fd), pid);
  const int err = errno;
  auto kind = ProcessErrorKind::kOther;
  if (err == ENOENT || err == ESRCH) {
    kind = is_hidden(pid) ? ProcessErrorKind::kAccessDenied : ProcessErrorKind::kNoSuchProcess;
  } else if (err == EACCES || err == EPERM) {
    kind = ProcessErrorKind::kAccessDenied;
  }
  return ProcessError(kind, pid, kind == ProcessErrorKind::kAccessDenied ? EACCES : err,
                      "open its directory in /proc");
}

bool ProcDir::exists() const noexcept {
  struct stat ignored;
  return ::fstatat(fd_.get(), "stat", &ignored, AT_SYMLINK_NOFOLLOW) == 0;
}

ProcDir::Life ProcDir::life() const noexcept {
  const UniqueFd file(::openat(fd_.get(), "stat", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return Life::kGone;
  std::array<char, 2048> buffer;
  const auto n = ::read(file.get(), buffer.data(), buffer.size());
  if (n <= 0) return Life::kGone;
  const auto stat = parse_stat({buffer.data(), static_cast<std::size_t>(n)});
  if (!stat) return Life::kLives;  // it cannot be read, but it is there
  const bool is_dead = stat->state == 'Z' || stat->state == 'X';
  return is_dead || (stat->flags & kIsEnding) != 0 ? Life::kEnds : Life::kLives;
}

ProcessError ProcDir::failure(int err, const std::string& action) const {
  auto kind = ProcessErrorKind::kOther;
  const auto now = life();
  if (now == Life::kGone) {
    kind = ProcessErrorKind::kNoSuchProcess;
  } else if (err == EACCES || err == EPERM) {
    kind = ProcessErrorKind::kAccessDenied;
  } else if ((err == ENOENT || err == ESRCH) && now == Life::kEnds) {
    kind = ProcessErrorKind::kZombieProcess;
  }
  return {kind, pid_, err, action};
}

Answer<UniqueFd> ProcDir::open_at(const char* name, int flags) const {
  UniqueFd file(::openat(fd_.get(), name, flags | O_CLOEXEC));
  if (!file.is_open()) return failure(errno, action_on("open", name));
  return file;
}

Answer<std::string_view> ProcDir::read(const char* name, std::string& buffer) const {
  HITCH_TRY(const auto file, open_at(name, O_RDONLY));
  std::size_t filled = 0;
  const int err = read_rest(file.get(), buffer, filled);
  if (err != 0) return failure(err, action_on("read", name));
  return std::string_view(buffer.data(), filled);
}

Answer<std::string> ProcDir::link(const char* name) const {
  std::array<char, PATH_MAX> buffer;
  const auto n = ::readlinkat(fd_.get(), name, buffer.data(), buffer.size());
  if (n < 0) return failure(errno, action_on("read link", name));
  const std::string_view text(buffer.data(), static_cast<std::size_t>(n));
  return std::string(text.substr(0, text.find('\0')));
}

bool ProcDir::has_path(const std::string& path) const {
  struct stat ignored;
  // From the process's own root: it may be in another mount namespace, or below a chroot.
  return ::fstatat(fd_.get(), ("root" + path).c_str(), &ignored, 0) == 0;
}

void ProcDir::strip_deleted(std::string& path) const {
  if (!path.ends_with(kDeleted) || has_path(path)) return;
  path.resize(path.size() - kDeleted.size());
}

}  // namespace hitch::introspect
