// Prints its open descriptors, one "N -> target" a line, without the one that it looks with.
#include <dirent.h>

#include <map>
#include <string>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 1;
  std::map<int, std::string> found;
  while (const dirent* entry = ::readdir(dir)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(dir)) continue;
    char target[4096];
    const ssize_t n = ::readlinkat(::dirfd(dir), entry->d_name, target, sizeof target);
    found[fd] = n < 0 ? "?" : std::string(target, static_cast<std::size_t>(n));
  }
  ::closedir(dir);
  for (const auto& [fd, target] : found) std::printf("fd %d -> %s\n", fd, target.c_str());
  fixture::say("listed");
  if (fixture::Arguments(argc, argv).has("--stay")) fixture::stay();
  return 0;
}
