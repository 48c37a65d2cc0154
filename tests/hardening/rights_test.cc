// Rows 1 to 5 of the checklist: ids, setuid programs, capabilities, init, nested namespaces; and
// what bundles may ask for of these.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "hardening/hardening_test.h"

namespace hitch::testing {
namespace {

using namespace defence;
using ::testing::HasSubstr;
using ::testing::Not;

class Rights : public HardeningTest {};

TEST_F(Rights, Row1GroupsCannotBeDropped) {
  // A group that a file denies something to is what setgroups() would get rid of. CVE-2014-8989
  const std::vector<std::string> calls{"setgroups_none"};
  EXPECT_TRUE(answers(attack("@try_setgroups@"), calls, "EPERM"));
  EXPECT_TRUE(answers(attack("@try_setgroups@", {kCapabilities}), calls, "EPERM"));
  // Without 'deny' the kernel takes no map that a namespace writes for itself.
  bundle.write("require_isolation: shared-proc\nservices: {A: {command: ['true']}}\n");
  EXPECT_TRUE(exited(run({"run"}, {.prefix = without({kSetgroups})}), 125));
  if (::geteuid() != 0) return;
  // One whose map somebody else has written, with the rights of root, and with setgroups allowed.
  HitchProcess open(
      {.arguments = {bundle.expand("@without_users@"), bundle.expand("@try_setgroups@")},
       .environment = bundle.environment(),
       .directory = bundle.directory()});
  EXPECT_TRUE(answers(open.wait().out, calls, "ok"));
}

TEST_F(Rights, Row1OneIdIsThere) {
  const auto report = attack("@show_status@; @try_setgroups@");
  const auto own = ": +1000 +" + std::to_string(::geteuid()) + " +1$";
  EXPECT_TRUE(has_line(report, "^uid_map" + own));
  EXPECT_EQ(count_lines(report, "^uid_map"), 1) << report;
  EXPECT_TRUE(answers(report, {"setuid_0", "setuid_33"}, "EPERM|EINVAL"));
}

/// Where the ids are those of the machine, a program of root's could make somebody root.
TEST_F(Rights, Row2SetuidProgramDoesNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root alone";
  open_directories();
  const std::filesystem::path program = bundle.expand("@show_status@");
  const auto report = [&](const std::vector<Defence>& off) {
    EXPECT_EQ(::chmod(program.c_str(), 04755), 0);
    return attack(program.string(), off, without_users());
  };
  constexpr auto kOwn = "^Uid:\t([1-9][0-9]*)\t\\1\t";
  constexpr auto kRoot = "^Uid:\t([1-9][0-9]*)\t0\t";
  const Defence kNoSuid{"nosuid", {"role=init call=mount_setattr skip"}};
  const auto walls = report({});
  EXPECT_TRUE(has_line(walls, kOwn));
  EXPECT_TRUE(has_line(walls, "^NoNewPrivs:\t1$"));
  EXPECT_TRUE(has_line(report({kNoSuid}), kOwn)) << "no_new_privs is enough";
  EXPECT_TRUE(has_line(report({kNoNewPrivileges, kFilter}), kOwn)) << "nosuid is enough";
  EXPECT_TRUE(has_line(report({kNoSuid, kNoNewPrivileges, kFilter}), kRoot));
}

TEST_F(Rights, Row3CapabilitiesAreNone) {
  const std::string probe = "@show_status@; @try_syscalls@";
  const auto report = attack(probe);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_TRUE(has_line(report, std::string("^") + set + ":\t0{16}$"));
  }
  EXPECT_TRUE(answers(report, {"sethostname", "socket_raw"}, "EPERM"));
  EXPECT_TRUE(answers(attack(probe, {kCapabilities}), {"sethostname", "socket_raw"}, "ok"));
}

TEST_F(Rights, Row4InitCannotBeTakenOver) {
  const std::vector<std::string> ways{"mem_write", "root", "fd", "process_vm_readv"};
  EXPECT_TRUE(answers(attack("@try_ptrace_init@"), ways, "EPERM|EACCES"));
  EXPECT_TRUE(answers(attack("@try_ptrace_init@", {kNotDumpable}), ways, "ok"));
}

TEST_F(Rights, Row5NamespacesCannotBeNested) {
  const std::vector<std::string> kinds{"unshare_user", "unshare_user_mount"};
  EXPECT_TRUE(answers(attack("@try_unshare@"), kinds, "EPERM"));
  EXPECT_TRUE(answers(attack("@try_unshare@", {kFilter}), kinds, "ENOSPC"));
  EXPECT_TRUE(answers(attack("@try_unshare@", {kNoNestedUsers}), kinds, "EPERM"));
  EXPECT_TRUE(answers(attack("@try_unshare@", {kFilter, kNoNestedUsers}), kinds, "ok"));
}

TEST_F(Rights, Row5NamespacesAreNestedIfTheBundleSaysSo) {
  const std::string probe =
      "@try_unshare@\n"
      "unshare --user --map-root-user --mount --pid --fork "
      "sh -c 'mount -t tmpfs none /tmp && echo mounted'\n"
      "bwrap --ro-bind / / --unshare-all --dev /dev true && echo wrapped\n"
      "bwrap --ro-bind / / --unshare-all --proc /proc true 2>&1 && echo fresh proc\n"
      "test -w /proc/sys/kernel/core_pattern && echo can write settings\n";
  EXPECT_THAT(attack(probe), Not(HasSubstr("wrapped")));
  const auto report = attack_in("allow_userns: true\n", probe);
  EXPECT_TRUE(answers(report, {"unshare_user", "unshare_user_mount"}, "ok"));
  EXPECT_TRUE(answers(report, {"unshare_mount", "unshare_net"}, "EPERM"));
  EXPECT_THAT(report, HasSubstr("mounted\nwrapped\n"));
  // What root owns stays covered, and then the kernel gives no fresh /proc.
  EXPECT_EQ(count_lines(report, "^fresh proc$"), ::geteuid() != 0 ? 1 : 0) << report;
  EXPECT_THAT(report, Not(HasSubstr("can write settings")));
}

TEST_F(Rights, CapabilitiesThatAreAddedEndAtTheUserNamespace) {
  const std::string probe =
      "@show_status@\n@try_syscalls@\n"
      "ip link set lo down && echo took lo down\n"
      "dmesg >/dev/null 2>&1 && echo read the log of the kernel\n";
  const auto report = attack_in("cap_add: [NET_ADMIN, cap_net_raw]\n", probe);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_TRUE(has_line(report, std::string("^") + set + ":\t0000000000003000$"));
  }
  EXPECT_THAT(report, HasSubstr("took lo down"));
  EXPECT_TRUE(answers(report, {"socket_raw"}, "ok"));
  EXPECT_TRUE(answers(report, {"sethostname", "init_module", "reboot"}, "EPERM"));
  EXPECT_THAT(report, Not(HasSubstr("read the log")));
  EXPECT_THAT(attack(probe), Not(HasSubstr("took lo down")));
}

TEST_F(Rights, CapabilitiesHoldForRootInsideAsWell) {
  bundle.write(
      "cap_add: [NET_RAW]\nservices: {A: {kind: task, command: ['@show_status@'], user: root}}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(has_line(result.out, "CapEff:\t0000000000002000$"));
  EXPECT_TRUE(has_line(result.out, "CapBnd:\t0000000000002000$"));
}

TEST_F(Rights, CapabilitiesThatAreNotThereOrTooMuchAreMistakes) {
  bundle.write("cap_add: [NET_ADMINS, SYS_PTRACE]\nservices: {A: {command: ['true']}}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("no capability 'NET_ADMINS', did you mean 'NET_ADMIN'?"));
  EXPECT_THAT(result.err, HasSubstr("CAP_SYS_PTRACE cannot be had: it would open the bundle's"));
}

/// Together they would undo the mounts that keep the machine's files read-only.
TEST_F(Rights, CapabilityToMountAndCallsToMountAreAMistake) {
  for (const char* calls :
       {"allow_userns: true", "seccomp: {allow: [mount]}", "seccomp: {allow: [getcwd, umount2]}"}) {
    bundle.write(std::string(calls) +
                 "\ncap_add: [NET_RAW, SYS_ADMIN]\nservices: {A: {command: ['true']}}\n");
    EXPECT_TRUE(failed_saying(run({"run"}), 2, "cap_add: CAP_SYS_ADMIN cannot be had together"));
  }
  const std::string probe =
      "mount -o remount,rw,bind / 2>/dev/null && echo remounted; umount -l /run 2>/dev/null && "
      "echo unmounted; echo done";
  EXPECT_EQ(attack_in("cap_add: [SYS_ADMIN]\n", probe), "done\n");
  EXPECT_EQ(attack_in("allow_userns: true\n", probe), "done\n");
  EXPECT_THAT(attack_in("cap_add: [SYS_ADMIN]\n", probe, {kFilter}), HasSubstr("mounted\n"));
}

TEST_F(Rights, CapabilitiesNeedAUserNamespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root alone";
  open_directories();
  bundle.write("cap_add: [NET_RAW]\nservices: {A: {command: ['true']}}\n");
  EXPECT_TRUE(failed_saying(run({"run"}, without_users()), 125,
                            "'cap_add' needs a user namespace, and there is none: create "
                            "namespaces: No space left on device"));
}

}  // namespace
}  // namespace hitch::testing
