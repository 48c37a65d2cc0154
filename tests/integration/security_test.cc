// Walls around a service: privileges, PID 1, the host's tree, dangerous system calls.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Every probe runs twice: as a service and as CMD. `report` is what it printed, without prefixes.
class Security : public HitchTest {
 protected:
  std::string probe(const std::string& command) {
    bundle.write("services:\n  App: {shell: \"" + command +
                 "; echo probed; sleep 1000\", ready: probed}\n");
    const auto result = run_script(command);
    EXPECT_TRUE(has_line(result.err, "READY"));
    EXPECT_THAT(result.out, Not(HasSubstr("refused:")));
    std::string from_service;
    for (const auto& line : lines_of(result.err)) {
      const auto at = line.find(" App] ");
      if (at != line.npos) from_service += line.substr(at + 6) + '\n';
    }
    return from_service + result.out;
  }
  /// Each of these probes was refused wherever it ran, with one of the given errors.
  static void expect_refused(const std::string& report, const std::vector<std::string>& names,
                             const std::string& errors) {
    for (const auto& name : names) {
      EXPECT_EQ(count_lines(report, "^" + name + ": "), 2) << name << " in\n" << report;
      EXPECT_EQ(count_lines(report, "^" + name + ": (" + errors + ")$"), 2) << name << " in\n"
                                                                            << report;
    }
  }
};

TEST_F(Security, NoNewPrivilegesAndNoCapabilities) {
  const auto report = probe("@show_status@");
  EXPECT_EQ(count_lines(report, "^NoNewPrivs:\t1$"), 2) << report;
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_EQ(count_lines(report, std::string("^") + set + ":\t0{16}$"), 2) << report;
  }
  EXPECT_EQ(count_lines(report, "^Seccomp:\t2$"), 2) << report;
}

TEST_F(Security, OneIdIsMappedToTheCaller) {
  const auto report = probe("@show_status@");
  const auto map = R"(: +1000 +)" + std::to_string(::geteuid()) + " +1$";
  EXPECT_EQ(count_lines(report, "^uid_map" + map), 2) << report;
  EXPECT_EQ(count_lines(report, "^setgroups: deny$"), 2) << report;
  EXPECT_EQ(count_lines(report, "^Uid:\t1000\t1000\t1000\t1000$"), 2) << report;
}

TEST_F(Security, UserRootMapsZeroAndGivesNoPower) {
  bundle.write(R"(
services:
  App: {command: ["@show_status@", --stay], ready: "cwd:", user: root}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, "Uid:\t0\t0\t0\t0$"));
  EXPECT_TRUE(has_line(result.err, "CapEff:\t0{16}$"));
}

TEST_F(Security, IdentityCannotBeChanged) {
  const auto report = probe("@try_setgroups@");
  expect_refused(report, {"setgroups", "setgroups_none"}, "EPERM");
  expect_refused(report, {"setuid_0", "setgid_0", "setuid_33"}, "EPERM|EINVAL");
}

TEST_F(Security, NewNamespacesAreRefused) {
  const auto report = probe("@try_unshare@; @try_clone@");
  expect_refused(report,
                 {"unshare_user", "unshare_user_mount", "unshare_mount", "unshare_net",
                  "unshare_pid", "clone_newuser", "clone_newuser_newns", "clone_newnet"},
                 "EPERM|ENOSPC");
  expect_refused(report, {"clone3_newuser"}, "ENOSYS|EPERM|ENOSPC");
  EXPECT_EQ(count_lines(report, "^clone: ok$"), 2) << report;
}

TEST_F(Security, MountsCannotBeChanged) {
  expect_refused(probe("@try_mount@"),
                 {"mount_tmpfs", "mount_bind", "remount_rw", "mount_proc", "umount", "pivot_root",
                  "chroot", "open_tree", "fsopen", "mount_setattr"},
                 "EPERM|ENOSYS");
}

TEST_F(Security, InitCannotBeLookedIntoOrTraced) {
  expect_refused(probe("@try_ptrace_init@"),
                 {"ptrace_attach", "ptrace_seize", "mem_write", "environ", "root", "exe", "cwd",
                  "exe_write", "fd", "process_vm_readv", "process_vm_writev", "pidfd_getfd"},
                 "EPERM|EACCES|ENOSYS");
}

TEST_F(Security, InitSurvivesEverySignal) {
  const auto report = probe("@try_kill_init@");
  EXPECT_EQ(count_lines(report, "^init_alive: ok$"), 2) << report;
}

TEST_F(Security, DangerousSystemCallsAreRefused) {
  expect_refused(probe("@try_syscalls@"),
                 {"add_key",     "request_key",     "keyctl",         "bpf",
                  "userfaultfd", "perf_event_open", "io_uring_setup", "open_by_handle_at",
                  "kexec_load",  "init_module",     "finit_module",   "delete_module",
                  "reboot",      "swapon",          "swapoff",        "acct",
                  "quotactl",    "syslog",          "settimeofday",   "clock_settime",
                  "sethostname", "setns",           "iopl",           "personality",
                  "socket_alg",  "socket_vsock",    "socket_raw"},
                 "EPERM|ENOSYS|EAFNOSUPPORT|EACCES");
}

TEST_F(Security, TerminalOfTheCallerCannotBeTypedInto) {
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  const auto result = run({"run", "--", "@try_tiocsti@"}, {.stdio = Stdio::kTerminal});
  EXPECT_TRUE(exited(result, 0));
  for (const char* name : {"tiocsti", "tiocsti_high", "tioclinux", "tioclinux_high"}) {
    EXPECT_TRUE(has_line(result.out, std::string(name) + ": (EPERM|EIO|ENOTTY)"));
  }
}

TEST_F(Security, ServiceHasNoTerminalAndASessionOfItsOwn) {
  bundle.write(R"(
services:
  App: {shell: "(: </dev/tty) || echo no terminal; sleep 1000", ready: no terminal}
)");
  const auto result = run({"run", "--", "/bin/true"}, {.stdio = Stdio::kTerminal});
  EXPECT_TRUE(exited(result, 0));
}

TEST_F(Security, HostIsReadOnly) {
  expect_refused(probe("@try_write_host@ /usr/local /opt"),
                 {"create_root", "create_etc", "create_usr", "create_var", "create_sys",
                  "create_proc", "chmod_etc", "core_pattern", "hostname", "sysrq_trigger",
                  "max_user_namespaces", "sys_uevent", "/usr/local", "/opt"},
                 "EROFS|EACCES|EPERM|ENOENT");
}

TEST_F(Security, SetuidProgramsHaveNoEffect) {
  const auto report =
      probe("test -u /bin/su; ls -ln /bin/su; findmnt -no OPTIONS / || cat /proc/self/mountinfo");
  EXPECT_THAT(report, HasSubstr("nosuid"));
}

TEST_F(Security, OnlyProcessesOfTheBundleAreSeen) {
  const auto report = probe("cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l");
  for (const auto& line : lines_of(report)) {
    EXPECT_LT(std::atoi(line.c_str()), 15) << report;
  }
}

TEST_F(Security, HostnameAndIpcAreTheBundlesOwn) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const auto result =
      run_script("for kind in ipc mnt net pid user uts; do readlink /proc/self/ns/$kind; done");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(lines_of(result.out).size(), 6U);
  for (const auto& line : lines_of(result.out)) {
    const auto kind = line.substr(0, line.find(':'));
    std::error_code error;
    EXPECT_NE(std::filesystem::read_symlink("/proc/self/ns/" + kind, error).string(), line);
  }
}

TEST_F(Security, DevHoldsOnlyHarmlessNodes) {
  const auto report = probe("find /dev -type b 2>/dev/null; ls /dev");
  EXPECT_THAT(report, HasSubstr("urandom"));
  EXPECT_THAT(report, HasSubstr("null"));
  EXPECT_THAT(report, Not(HasSubstr("/dev/")));  // no block device
  for (const char* node : {"mem", "kmsg", "kvm", "fuse", "vda", "sda"}) {
    EXPECT_EQ(count_lines(report, std::string("^") + node + "$"), 0) << report;
  }
}

TEST_F(Security, CoreDumpsAreOff) {
  EXPECT_EQ(count_lines(probe("@show_status@"), "^core: 0$"), 2);
}

TEST_F(Security, ControlSocketIsNotReachableFromWithin) {
  const auto report =
      probe("ls -A " + bundle.runtime().string() + "/hitch 2>&1 | grep -v cannot; true");
  EXPECT_THAT(report, Not(HasSubstr("control.sock")));
}

}  // namespace
}  // namespace hitch::testing
