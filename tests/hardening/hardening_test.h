#pragma once

#include <string>
#include <vector>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {

/// One thing that hitch does against hostile services, and how the injector makes it not happen:
/// the system call in question does nothing and says that it has worked. The product itself has no
/// way to switch a defence off.
struct Defence {
  const char* name;
  std::vector<const char*> rules;
};

namespace defence {
inline const Defence kSetgroups{"deny setgroups", {"role=early call=write text1=deny skip=4"}};
inline const Defence kNoNewPrivileges{"no_new_privs", {"role=init call=prctl arg0=38 skip"}};
inline const Defence kFilter{"the system call filter", {"role=init call=seccomp skip"}};
inline const Defence kCapabilities{
    "empty capability sets",
    {"role=init call=capset skip", "role=init call=prctl arg0=24 skip",
     "role=init call=prctl arg0=47 arg1=4 skip"}};
inline const Defence kNotDumpable{"init not dumpable", {"role=init call=prctl arg0=4 skip"}};
inline const Defence kNoNestedUsers{"max_user_namespaces of 0",
                                    {"role=init call=write arg2=1 text1=0 skip=1"}};
inline const Defence kOwnSession{"a session for each service", {"role=child call=setsid skip=1"}};
inline const Defence kCloseAll{"close_range", {"role=any call=close_range skip"}};
inline const Defence kReadOnly{"a read-only tree",
                               {"role=init call=mount_setattr text1=/ nth=2 skip"}};
inline const Defence kInRoot{"links that end at a service's root",
                             {"role=init call=openat2 text1=/etc put2+16=0 add1=1"}};
inline const Defence kOwnLayer{"nothing made but in a service's own layer",
                               {"role=init call=statx skip"}};
inline const Defence kDetached{"no propagation of mounts",
                               {"role=init call=mount_setattr text1=/ nth=1 skip"}};
inline const Defence kFrozenSettings{"read-only /proc/sys",
                                     {"role=init call=move_mount text3=/proc/sys skip"}};
inline const Defence kMaskedProc{"masks in /proc",
                                 {"role=init call=move_mount text3=/proc/k skip",
                                  "role=init call=move_mount text3=/proc/timer_list skip"}};
inline const Defence kNoCores{"no core files", {"role=child call=prlimit64 skip"}};
}  // namespace defence

/// A hostile probe, run in a bundle as it is and in one without a defence. Each row of the security
/// checklist (docs/isolation.md, Walls and their probes) has such a pair: the probe has to be
/// refused, and has to get through once what is against it is off, or the test proves nothing.
class HardeningTest : public HitchTest {
 protected:
  /// Runs a shell command as a service, and gives what it printed.
  std::string attack(const std::string& command, const std::vector<Defence>& off = {},
                     RunOptions options = {});
  /// The same with more in the bundle file.
  std::string attack_in(const std::string& bundle_keys, const std::string& command,
                        const std::vector<Defence>& off = {}, RunOptions options = {});
  /// What starts hitch without these defences.
  static std::vector<std::string> without(const std::vector<Defence>& off);
  /// Everybody may look into the bundle's directory, for runs as another user than root.
  void open_directories();
  RunOptions without_users();
};

/// Each of the names was answered by one of the errors: "EPERM|EACCES", or by "ok".
::testing::AssertionResult answers(const std::string& report, const std::vector<std::string>& names,
                                   const std::string& errors);

}  // namespace hitch::testing
