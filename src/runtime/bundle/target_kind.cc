#include "runtime/bundle/target_kind.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace hitch {

namespace {

namespace fs = std::filesystem;

TargetKind kind_on_machine(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status)) return TargetKind::kNothingKnown;
  return fs::is_directory(status) ? TargetKind::kDirectory : TargetKind::kOther;
}

/// In the directories that a bundle has for itself: what docs/isolation.md says is there.
TargetKind kind_in_private(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kDirectories{"/tmp", "/var/tmp", "/run/lock",
                                                         "/dev/shm", "/dev/pts"};
  constexpr std::array<std::string_view, 7> kOthers{"/dev/null",   "/dev/zero",    "/dev/full",
                                                    "/dev/random", "/dev/urandom", "/dev/tty",
                                                    "/dev/ptmx"};
  const auto is_it = [&](std::string_view known) { return path.native() == known; };
  if (std::any_of(kDirectories.begin(), kDirectories.end(), is_it)) return TargetKind::kDirectory;
  if (std::any_of(kOthers.begin(), kOthers.end(), is_it)) return TargetKind::kOther;
  return TargetKind::kNothingKnown;
}

/// Whether the services' data directories have it among them.
bool is_data_directory(const fs::path& path, const BundleSpec& bundle,
                       const std::vector<BundleMount>& mounts) {
  return std::any_of(mounts.begin(), mounts.end(), [&](const BundleMount& mount) {
    return path.native() == bundle.data_dir(mount.service);
  });
}

}  // namespace

TargetKind kind_of_target(const fs::path& target, const BundleSpec& bundle,
                          const std::vector<BundleMount>& mounts) {
  const auto hides = [&](const BundleMount& mount) {
    return target != mount.target && is_below(target, mount.target);
  };
  if (std::any_of(mounts.begin(), mounts.end(), hides)) return TargetKind::kNothingKnown;
  if (is_data_directory(target, bundle, mounts)) return TargetKind::kDirectory;
  const bool own =
      bundle.filesystem != FilesystemMode::kHost && !is_below(target, bundle.directory);
  if (own && is_below_private(target)) return kind_in_private(target);
  return kind_on_machine(target);
}

}  // namespace hitch
