#include "runtime/namespaces/real_root.h"

#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "runtime/namespaces/missing_caps.h"

namespace hitch {

namespace {

/// Lines of first id inside, first id outside, count. user_namespaces(7)
bool maps(const char* file, unsigned id) {
  std::ifstream lines(file);
  std::uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count) {
    if (id >= inside && id - inside < count) return true;
  }
  return false;
}

}  // namespace

bool exists_here(PlainUser user) {
  return maps("/proc/self/uid_map", user.uid) && maps("/proc/self/gid_map", user.gid);
}

PlainUser plain_user_for(PlainUser owner) {
  return owner.uid == 0 || !exists_here(owner) ? kNobodyElse : owner;
}

std::string missing_rights_of_root() {
  if (::geteuid() != 0) return "root";
  if (!exists_here(kNobodyElse)) return "user " + std::to_string(kNobodyElse.uid);
  return missing_capabilities();
}

std::string missing_rights_of_identity() {
  if (::geteuid() != 0) return "root";
  if (!exists_here(kNobodyElse)) return "user " + std::to_string(kNobodyElse.uid);
  return missing_capabilities_of_identity();
}

}  // namespace hitch
