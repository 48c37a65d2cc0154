#include "runtime/data/remove_tree.h"

#include <sys/stat.h>

#include <system_error>

namespace hitch {

namespace fs = std::filesystem;

void remove_tree(const fs::path& path) {
  std::error_code ec;
  fs::remove_all(path, ec);
  if (!ec) return;
  // Entries can be removed only from a directory that may be searched and written to. unlink(2)
  (void)::chmod(path.c_str(), 0700);
  std::error_code end_of_walk;
  for (fs::recursive_directory_iterator it(path, end_of_walk), end; !end_of_walk && it != end;
       it.increment(end_of_walk)) {
    std::error_code ignored;
    const bool directory = it->symlink_status(ignored).type() == fs::file_type::directory;
    if (directory) (void)::chmod(it->path().c_str(), 0700);
  }
  fs::remove_all(path, ec);
}

}  // namespace hitch
