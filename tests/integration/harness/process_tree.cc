#include "integration/harness/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

namespace hitch::testing {
namespace {

/// A process may vanish between open and read, which an ifstream takes for an exceptional event.
std::string read_proc_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  (void)::close(fd);
  return text;
}

std::optional<ProcessInfo> read_process(const std::string& pid) {
  const std::string line = read_proc_file("/proc/" + pid + "/stat");
  const auto open = line.find('('), close = line.rfind(')');
  if (open == line.npos || close == line.npos) return {};
  ProcessInfo info;
  info.pid = std::atoi(pid.c_str());
  info.name = line.substr(open + 1, close - open - 1);
  std::istringstream fields(line.substr(close + 1));
  fields >> info.state >> info.parent;
  return info;
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> found;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return found;
  while (const dirent* entry = ::readdir(proc)) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    if (auto info = read_process(entry->d_name)) found.push_back(std::move(*info));
  }
  ::closedir(proc);
  return found;
}

}  // namespace

void adopt_orphans() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) std::abort();
}

std::vector<ProcessInfo> living_descendants(pid_t root) {
  const auto all = all_processes();
  std::set<pid_t> tree{root};
  // Numbers wrap around, so a parent may have a higher one than its child: repeat until it is
  // quiet.
  for (std::size_t before = 0; before != tree.size();) {
    before = tree.size();
    for (const auto& info : all) {
      if (tree.count(info.parent) != 0) tree.insert(info.pid);
    }
  }
  std::vector<ProcessInfo> found;
  for (const auto& info : all) {
    const bool dead = info.state == 'Z' || info.state == 'X';
    if (info.pid != root && !dead && tree.count(info.pid) != 0) found.push_back(info);
  }
  return found;
}

std::vector<ProcessInfo> marked_processes(const std::string& mark) {
  const std::string wanted = "HITCH_TEST_MARK=" + mark;
  std::vector<ProcessInfo> found;
  for (const auto& info : all_processes()) {
    if (info.pid == ::getpid() || info.state == 'Z') continue;
    const auto environment = read_proc_file("/proc/" + std::to_string(info.pid) + "/environ");
    if (environment.find(wanted) != environment.npos) found.push_back(info);
  }
  return found;
}

std::optional<std::chrono::milliseconds> wait_until_alone(std::chrono::milliseconds deadline) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (int quiet = 0;;) {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    quiet = living_descendants(::getpid()).empty() ? quiet + 1 : 0;
    // Twice in a row: one walk through /proc is no snapshot and can miss a process that forks.
    if (quiet == 2) return elapsed;
    if (elapsed > deadline) return {};
    ::poll(nullptr, 0, 1);
  }
}

void reap_orphans() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

std::string to_text(const std::vector<ProcessInfo>& processes) {
  std::ostringstream text;
  for (const auto& info : processes) {
    text << "  pid " << info.pid << " parent " << info.parent << " state " << info.state << " '"
         << info.name << "'\n";
  }
  return text.str();
}

}  // namespace hitch::testing
