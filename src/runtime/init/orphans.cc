#include "runtime/init/orphans.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include "runtime/base/fd.h"

namespace hitch {

namespace {

/// Numbers with blanks after them, however reading cuts them.
class ChildrenKiller {
 public:
  void take(std::string_view text) noexcept {
    for (const char c : text) {
      if (c >= '0' && c <= '9') {
        pid_ = pid_ * 10 + (c - '0');
      } else {
        kill_one();
      }
    }
  }
  void kill_one() noexcept {
    if (pid_ > 1) (void)::kill(pid_, SIGKILL);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

/// @return whether the kernel has such a file: CONFIG_PROC_CHILDREN. proc_pid_task(5)
bool kill_listed_children() noexcept {
  const UniqueFd list(::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  if (!list.is_open()) return false;
  ChildrenKiller killer;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto n = ::read(list.get(), buffer.data(), buffer.size());
    if (n <= 0) break;
    killer.take({buffer.data(), static_cast<std::size_t>(n)});
  }
  killer.kill_one();
  return true;
}

/// The fourth field of /proc/PID/stat; the second is in parentheses and may hold anything.
/// proc_pid_stat(5)
pid_t parent_in(std::string_view stat) noexcept {
  const auto name_end = stat.rfind(") ");
  if (name_end == stat.npos || stat.size() < name_end + 5) return 0;
  stat.remove_prefix(name_end + 4);
  pid_t parent = 0;
  (void)std::from_chars(stat.data(), stat.data() + stat.size(), parent);
  return parent;
}

pid_t parent_of(int proc, const char* pid) noexcept {
  const UniqueFd directory(::openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd stat(::openat(directory.get(), "stat", O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text;
  const auto n = ::read(stat.get(), text.data(), text.size());
  return n <= 0 ? 0 : parent_in({text.data(), static_cast<std::size_t>(n)});
}

void kill_if_child(int proc, std::string_view name, pid_t self) noexcept {
  pid_t pid = 0;
  const auto [end, err] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (err != std::errc() || end != name.data() + name.size()) return;
  if (pid > 1 && parent_of(proc, name.data()) == self) (void)::kill(pid, SIGKILL);
}

void kill_children_in_proc() noexcept {
  const UniqueFd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc.is_open()) return;
  const pid_t self = ::getpid();
  alignas(dirent64) std::array<char, 4096> entries;  // opendir(3) would allocate
  for (;;) {
    const ssize_t bytes = ::getdents64(proc.get(), entries.data(), entries.size());
    if (bytes <= 0) return;
    for (ssize_t at = 0; at < bytes;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      kill_if_child(proc.get(), entry->d_name, self);
      at += entry->d_reclen;
    }
  }
}

/// In a /proc of another PID namespace the same numbers are other processes. proc(5)
bool proc_is_ours() noexcept {
  std::array<char, 16> link;
  const auto n = ::readlink("/proc/self", link.data(), link.size());
  pid_t self = 0;
  if (n > 0) (void)std::from_chars(link.data(), link.data() + n, self);
  return self == ::getpid();
}

}  // namespace

int adopt_orphans() noexcept {
  return ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
}

void end_descendants() noexcept {
  if (!proc_is_ours()) return;
  for (;;) {
    if (!kill_listed_children()) kill_children_in_proc();
    // A pid that is not waited for stays its own: what is killed above is a child, whatever it is.
    if (::waitpid(-1, nullptr, __WALL) < 0 && errno == ECHILD) return;
    while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {
    }
  }
}

}  // namespace hitch
