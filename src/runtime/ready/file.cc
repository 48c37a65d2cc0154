#include "runtime/ready/file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "runtime/ready/inside.h"

namespace hitch {

namespace {

/// With the eyes of the main process, which may have mounts of its own, or those of the bundle.
Result<bool> exists(const std::string& path, const ReadyTarget& target) {
  for (const pid_t pid : {target.main_pid(), target.viewer_pid()}) {
    if (pid <= 0) continue;
    auto found = open_inside(pid, path, O_PATH);
    if (found) return true;
    const int err = found.error().err();
    if (err == ENOSYS || err == EPERM) return std::move(found).error().within("look for a file");
  }
  return false;
}

}  // namespace

Task<Done> wait_for_file(const FileReady* file, Milliseconds interval, ReadyTarget* target) {
  for (;;) {
    HITCH_CO_TRY(const bool found, exists(file->path, *target));
    if (found) co_return Done{};
    HITCH_CO_CHECK(co_await sleep_for(interval));
  }
}

}  // namespace hitch
