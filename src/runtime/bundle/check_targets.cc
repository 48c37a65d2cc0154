#include "runtime/bundle/check_targets.h"

#include <map>

#include "runtime/base/error.h"

namespace hitch {

namespace {

using Kind = BundleMount::Kind;

bool is_same(const BundleMount& a, const BundleMount& b) {
  return a.kind == b.kind && a.source == b.source && a.read_only == b.read_only;
}

/// "the volume '/srv/a' of service 'A'"
std::string describe(const BundleMount& mount) {
  const std::string owner = " of service " + in_quotes(mount.service);
  if (mount.kind == Kind::kTmpfs) return "a tmpfs" + owner;
  if (mount.kind == Kind::kData) return "the data directory" + owner;
  return "the volume " + in_quotes(mount.source.native()) + owner;
}

/// "hitch.yaml:3:50"
std::string place_of(const BundleMount& mount) {
  return Diagnostic{mount.mark, {}, {}}.render_place();
}

std::string conflict(const BundleMount& first, const BundleMount& second) {
  std::string text = in_quotes(second.target.native()) + " is taken by " + describe(first);
  if (first.source == second.source && first.kind == second.kind) {
    text += first.read_only ? ", which is read-only there" : ", which is writable there";
  }
  return text + ", at " + place_of(first) + ": all services of a bundle see the same files";
}

}  // namespace

void check_targets(const std::vector<BundleMount>& mounts, Diagnostics& out) {
  std::map<std::pair<std::string, std::filesystem::path>, const BundleMount*> taken;
  for (const auto& mount : mounts) {
    const auto [found, is_new] = taken.emplace(std::pair(mount.root, mount.target), &mount);
    if (is_new || is_same(*found->second, mount)) continue;
    out.add(mount.mark, mount.path, conflict(*found->second, mount));
  }
}

}  // namespace hitch
