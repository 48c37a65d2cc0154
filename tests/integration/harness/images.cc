#include "integration/harness/images.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace hitch::testing {

namespace fs = std::filesystem;

void make_image(const TempBundle& bundle, const std::string& tag, const std::string& rest) {
  const std::string maker = (fixture_directory() / "make_image.py").native();
  const std::string layout = (bundle.directory() / "image").native();
  const std::string spec =
      R"({"layout": ")" + layout + R"(", "tag": ")" + tag + "\", " + rest + "}";
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/usr/bin/python3", "python3", "-B", maker.c_str(), spec.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << spec;
}

void make_root(const fs::path& directory) {
  fs::create_directories(directory / "bin");
  fs::copy_file("/bin/busybox", directory / "bin/busybox");
  fs::create_symlink("busybox", directory / "bin/sh");
}

std::string listing_of(const fs::path& directory) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::string line = entry.path().native();
    if (entry.is_symlink()) {
      line += " -> " + fs::read_symlink(entry.path()).native();
    } else if (entry.is_directory()) {
      line += '/';
    } else if (entry.is_regular_file()) {
      line += " = " + read_whole_file(entry.path());
    }
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

}  // namespace hitch::testing
