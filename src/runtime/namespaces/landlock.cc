#include "runtime/namespaces/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "runtime/base/fd.h"

namespace hitch {

namespace {

// Younger than the headers of some systems.
constexpr std::uint64_t kRefer = 1ULL << 13;                           // version 2
constexpr std::uint64_t kTruncate = 1ULL << 14;                        // version 3
constexpr std::uint64_t kScopeAbstractSockets = 1, kScopeSignals = 2;  // version 6

constexpr std::uint64_t kChanges =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | kRefer;

/// As the kernel has it from version 6 on; older ones want the rest of it to be zero.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0, handled_access_net = 0, scoped = 0;
};

int error_of(long result) noexcept {
  return result < 0 ? errno : 0;
}

int allow_below(int ruleset, const char* directory, std::uint64_t changes) noexcept {
  const UniqueFd parent(::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent.is_open()) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
  const landlock_path_beneath_attr rule{.allowed_access = changes, .parent_fd = parent.get()};
  return error_of(::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

}  // namespace

int landlock_version() noexcept {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

int confine_changes(std::span<const char* const> directories) noexcept {
  const int version = landlock_version();
  if (version < kLeastLandlock) return EOPNOTSUPP;
  RulesetAttributes attributes;
  attributes.handled_access_fs = kChanges | (version >= 3 ? kTruncate : 0);
  if (version >= 6) attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset.is_open()) return errno;
  for (const char* directory : directories) {
    const int err = allow_below(ruleset.get(), directory, attributes.handled_access_fs);
    if (err != 0) return err;
  }
  return error_of(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0));
}

}  // namespace hitch
