#include "integration/harness/leak_snapshot.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

Names entries_below(const fs::path& directory) {
  Names found;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(directory, options, error), end; !error && it != end;
       it.increment(error)) {
    found.insert(it->path());
  }
  return found;
}

Names mounts() {
  Names lines;
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

/// The directory that hitch keeps its runs in may stay, and so may the runs themselves.
Names state_leaks(const TempBundle& bundle) {
  Names found;
  for (const auto& path : entries_below(bundle.state())) {
    const auto relative = fs::path(path).lexically_relative(bundle.state()).string();
    if (relative != "hitch" && relative.rfind("hitch/runs", 0) != 0) found.insert(path);
  }
  return found;
}

/// What other tests have for themselves meanwhile.
bool is_scratch_of_a_test(const std::string& name) {
  constexpr std::array<std::string_view, 9> kPrefixes{
      "hitch-user-",    "hitch-ready-",    "hitch-python-", "hitch-psutil-", "hitch-matrix-",
      "hitch-control-", "hitch-reminder-", "hitch-client-", "hitch-prefix-"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Tests run side by side and people use this machine: only what is ours by name and owner counts,
/// and no plain files, which hitch has no use for there.
Names temporary_leaks() {
  Names found;
  std::error_code error;
  const auto shared = "hitch-" + std::to_string(::geteuid());
  for (fs::directory_iterator it("/tmp", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    struct stat info {};
    // What stays for all runs at level `process`, also of the root of a user namespace.
    const bool stays = name == shared || name == shared + "-scratch" || name == "hitch-0-scratch";
    if (name.find("hitch") == name.npos || is_scratch_of_a_test(name) || stays) {
      continue;
    }
    if (::lstat(it->path().c_str(), &info) != 0 || S_ISREG(info.st_mode)) continue;
    if (info.st_uid == ::geteuid()) found.insert(name);
  }
  return found;
}

/// A cgroup with processes belongs to somebody who is still running: ours have none left by now.
Names empty_cgroups() {
  Names found;
  for (const auto& path : entries_below("/sys/fs/cgroup")) {
    if (fs::path(path).filename().string().find("hitch") == std::string::npos) continue;
    std::ifstream processes(path + "/cgroup.procs");
    std::string first;
    if (processes && !std::getline(processes, first)) found.insert(path);
  }
  return found;
}

Names descriptors() {
  Names found;
  std::error_code error;
  for (fs::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    const auto target = fs::read_symlink(it->path(), error).string();
    if (target.find("/proc/") == 0) continue;  // the one that looks
    found.insert(it->path().filename().string() + " -> " + target);
  }
  return found;
}

void compare(const char* what, const Names& before, const Names& after, std::string& text) {
  for (const auto& name : after) {
    if (before.count(name) == 0) text += std::string(what) + " left behind: " + name + '\n';
  }
}

}  // namespace

LeakSnapshot LeakSnapshot::take(const TempBundle& bundle) {
  LeakSnapshot now;
  now.mounts = ::hitch::testing::mounts();
  now.runtime = entries_below(bundle.runtime());
  now.runtime.erase(bundle.runtime() / "hitch");
  now.home = entries_below(bundle.home());
  now.state = state_leaks(bundle);
  now.temporary = temporary_leaks();
  now.cgroups = empty_cgroups();
  now.descriptors = ::hitch::testing::descriptors();
  return now;
}

std::string leaks_between(const LeakSnapshot& before, const LeakSnapshot& after) {
  std::string text;
  compare("mount", before.mounts, after.mounts, text);
  compare("runtime file", before.runtime, after.runtime, text);
  compare("file in HOME", before.home, after.home, text);
  compare("state file", before.state, after.state, text);
  compare("file in /tmp", before.temporary, after.temporary, text);
  compare("cgroup", before.cgroups, after.cgroups, text);
  compare("descriptor", before.descriptors, after.descriptors, text);
  return text;
}

}  // namespace hitch::testing
