#include "runtime/namespaces/id_map.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

int write_own(const char* path, std::string_view text) noexcept {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file.is_open() ? write_fully(file.get(), text) : errno;
}

std::string line(unsigned inside, unsigned outside) {
  return std::to_string(inside) + ' ' + std::to_string(outside) + " 1\n";
}

}  // namespace

IdMapTexts id_map_texts(const IdMap& map) {
  return {line(map.inside_uid, map.outside_uid), line(map.inside_gid, map.outside_gid)};
}

int write_own_id_map(const IdMapTexts& texts) noexcept {
  if (const int err = write_own("/proc/self/setgroups", "deny"); err != 0) return err;
  if (const int err = write_own("/proc/self/uid_map", texts.uid_map); err != 0) return err;
  return write_own("/proc/self/gid_map", texts.gid_map);
}

}  // namespace hitch
