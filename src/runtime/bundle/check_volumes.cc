#include "runtime/bundle/check_volumes.h"

#include <set>
#include <system_error>

#include "runtime/base/error.h"
#include "runtime/bundle/bundle_mounts.h"
#include "runtime/bundle/check_targets.h"
#include "runtime/bundle/target_kind.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// What is mounted, in words; nothing if it is not there, which has been said already.
std::string name_of_source(const BundleMount& mount, TargetKind& kind) {
  kind = TargetKind::kDirectory;
  if (mount.kind == BundleMount::Kind::kTmpfs) return "a tmpfs";
  std::error_code ignored;
  const auto status = fs::status(mount.source, ignored);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) kind = TargetKind::kOther;
  return in_quotes(mount.source.native());
}

void check_kind(const BundleMount& mount, const BundleSpec& bundle,
                const std::vector<BundleMount>& mounts, Diagnostics& out) {
  if (mount.kind == BundleMount::Kind::kData) return;  // hitch makes its directory itself
  if (!mount.root.empty()) return;                     // what is in there is not looked at yet
  auto source = TargetKind::kDirectory;
  const std::string from = name_of_source(mount, source), to = in_quotes(mount.target.native());
  const auto target = kind_of_target(mount.target, bundle, mounts);
  if (from.empty() || target == TargetKind::kNothingKnown || source == target) return;
  out.add(mount.mark, mount.path,
          source == TargetKind::kDirectory
              ? from + " is a directory, and cannot be mounted on " + to + ", which is none"
              : from + " is no directory, and cannot be mounted on " + to + ", which is one",
          Blame::kMachine);
}

/// Reports the one that is too many. The same volume in several services is one.
void check_count(const std::vector<BundleMount>& mounts, Diagnostics& out) {
  std::set<std::pair<std::string, fs::path>> targets;
  for (const auto& mount : mounts) {
    const bool is_new = targets.emplace(mount.root, mount.target).second;
    if (mount.kind == BundleMount::Kind::kTmpfs || !is_new) continue;
    if (targets.size() <= kMostVolumes) continue;
    return out.add(mount.mark, mount.path,
                   "is one too many: a bundle can have " + std::to_string(kMostVolumes) +
                       " volumes and data directories, those of all services together");
  }
}

}  // namespace

void check_volumes_together(const std::vector<CheckedService>& services, const BundleSpec& bundle,
                            Diagnostics& out) {
  const auto mounts = mounts_of(services, bundle);
  check_targets(mounts, out);
  check_count(mounts, out);
  for (const auto& mount : mounts) check_kind(mount, bundle, mounts, out);
}

}  // namespace hitch
