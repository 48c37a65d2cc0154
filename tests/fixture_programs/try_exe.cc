// Tries to write to the program file of init: by PID 1, and by any process that runs the same file.
// A service can make one: a script whose interpreter is /proc/self/exe is executed by a child of
// init, so that it names init's program. CVE-2019-5736
#include <dirent.h>
#include <fcntl.h>

#include <set>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

/// A file that can be opened for writing can be changed: that is all it takes.
std::string try_to_write(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return strerrorname_np(errno);
  ::close(fd);
  return "ok";
}

bool runs_init(const std::string& directory) {
  char target[4096];
  const ssize_t n = ::readlink((directory + "/exe").c_str(), target, sizeof target);
  return n > 0 &&
         std::string(target, static_cast<std::size_t>(n)).find("hitch-init") != std::string::npos;
}

/// Looks for processes that run init's program, and says what writing to that gave, each answer
/// once.
[[noreturn]] void watch() {
  std::set<std::string> said;
  fixture::say("watching");
  for (;;) {
    DIR* proc = ::opendir("/proc");
    while (const dirent* entry = proc != nullptr ? ::readdir(proc) : nullptr) {
      const std::string directory = std::string("/proc/") + entry->d_name;
      if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !runs_init(directory)) continue;
      const auto answer = try_to_write(directory + "/exe");
      if (answer == "ENOENT" || answer == "ESRCH") continue;  // it was quicker
      if (said.insert(answer).second) fixture::say(("caught: " + answer).c_str());
    }
    if (proc != nullptr) ::closedir(proc);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (fixture::Arguments(argc, argv).has("--watch")) watch();
  fixture::say(("pid_1: " + try_to_write("/proc/1/exe")).c_str());
  return 0;
}
