#include "runtime/namespaces/id_map.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

Status write_proc(pid_t pid, const char* name, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + '/' + name;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const int err = file.is_open() ? write_fully(file.get(), text) : errno;
  if (err != 0) return Error::from_errno(err, "write", path);
  return Done{};
}

std::string line(unsigned inside, unsigned outside) {
  return std::to_string(inside) + ' ' + std::to_string(outside) + " 1\n";
}

}  // namespace

Status write_id_map(pid_t pid, const IdMap& map) {
  HITCH_CHECK(write_proc(pid, "setgroups", "deny"));
  HITCH_CHECK(write_proc(pid, "uid_map", line(map.inside_uid, map.outside_uid)));
  return write_proc(pid, "gid_map", line(map.inside_gid, map.outside_gid));
}

}  // namespace hitch
