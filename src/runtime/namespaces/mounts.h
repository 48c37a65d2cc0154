#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/namespaces/plain_user.h"

namespace hitch {

/// One step in making a bundle's view of the file system. The supervisor plans the steps with full
/// knowledge of the bundle (layout.h), init carries them out in order and knows nothing else.
/// Paths without a leading slash are inside the scratch tmpfs, which is where everything that dies
/// with the bundle is kept. mount_namespaces(7), mount_setattr(2)
enum class MountKind : std::uint32_t {
  kDetach,       ///< no mount event goes in or out any more
  kScratch,      ///< the one tmpfs, on `target`; init works in it from then on; `text`: its size
  kTake,         ///< keep `source` as it is now, in `slot`, whatever is mounted over it later
  kReadOnlyAll,  ///< everything mounted so far becomes read-only
  kDirectory,    ///< make `target` with `mode`
  kFile,         ///< make `target` with content `text`
  kSymlink,      ///< make `target` point to `text`
  kBind,         ///< show `source` (inside scratch) at `target`
  kPut,          ///< show what `slot` kept at `target`, making the mount point
  kOverlay,      ///< `source` with a throw-away layer named `text` over it, at `target`
  kProc,         ///< a fresh procfs
  kDevpts,       ///< a fresh devpts
  kFreeze,       ///< make `target` and what is below it read-only
  kMask,         ///< show /dev/null (a file) in place of `target`
  kSysctl,       ///< write `text` to `target`
  // Of roots that services bring along: root_mounts.h. `target` is a path in the one of that
  // number.
  kRootOverlay,  ///< the root itself: the directories `text` of `source`, under a throw-away layer
  kRootTree,     ///< the root itself: what `slot` kept, to be written to
  kRootDirectory,  ///< make `target` with `mode`, if it is not there
  kRootFresh,      ///< show the directory `source` at `target`, unless that is the user's own
  kRootShow,       ///< show `source`, as the bundle sees it, at `target`
  kRootPut,        ///< show what `slot` kept at `target`
};

enum MountFlags : std::uint32_t {
  kMountReadOnly = 1,
  kMountMakePoint = 4,  ///< of kBind: make the target directory if it is not there
  kMountOptional = 2,  ///< a target that does not exist is no failure; nor a devpts that is refused
  kMountRefusable = 8,  ///< of kSysctl: nor is one that may not be written
};

/// A step as init sees it: strings borrowed from the message it came in.
struct MountStepView {
  MountKind kind{};
  std::uint32_t slot = 0;
  std::uint32_t flags = 0;
  std::uint32_t mode = 0;
  std::uint32_t root = 0;  ///< of the kinds of roots: which one, from 1
  const char* source = "";
  const char* target = "";
  const char* text = "";
};

struct MountStep {
  MountKind kind{};
  std::string target = {};
  std::string source = {};
  std::string text = {};
  std::uint32_t slot = 0;
  std::uint32_t flags = 0;
  std::uint32_t mode = 0755;
  std::uint32_t root = 0;
};
using MountPlan = std::vector<MountStep>;

/// So many things can be kept by kTake.
inline constexpr std::uint32_t kMountSlots = 2048;

/// Whose what apply_mount_step() makes shall be, where that is not the calling process's user.
void set_owner_of_mounts(PlainUser owner) noexcept;

/// Carries out one step. Allocates nothing.
/// @return 0 or errno; "attach" errors name the target, which is in the step
int apply_mount_step(const MountStepView& step) noexcept;

/// What a step does, for messages: "mount", "make read-only".
const char* mount_action(MountKind kind) noexcept;

}  // namespace hitch
