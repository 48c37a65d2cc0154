// Rows 8 to 14 of the checklist: descriptors, init's program, symbolic links, mounts, /dev, /proc.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hardening/hardening_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using namespace defence;
using ::testing::HasSubstr;
using ::testing::Not;

class Files : public HardeningTest {};

TEST_F(Files, Row8DescriptorsOfTheCallerStayOutside) {
  const auto count = [&](const std::vector<Defence>& off) {
    return count_lines(attack("@list_fds@", off, {.extra_descriptors = 50}), "^fd ");
  };
  EXPECT_EQ(count({}), 3);
  EXPECT_GT(count({kCloseAll}), 50);
}

TEST_F(Files, Row8ServicesStandInADirectoryOfTheBundle) {
  EXPECT_TRUE(has_line(attack("pwd -P"), "^" + bundle.directory().string() + "$"));
}

/// The program of init is busy as long as PID 1 runs it, and nobody inside outlives that. On top,
/// nobody may look at what PID 1 runs.
TEST_F(Files, Row9ProgramOfInitCannotBeWrittenTo) {
  const auto init = hitch_binary().parent_path().parent_path() / "libexec/hitch/hitch-init";
  const auto before = read_whole_file(init);
  EXPECT_TRUE(answers(attack("@try_exe@"), {"pid_1"}, "EACCES|EPERM"));
  EXPECT_TRUE(answers(attack("@try_exe@", {kNotDumpable}), {"pid_1"},
                      ::geteuid() == 0 ? "ETXTBSY|EROFS" : "ETXTBSY|EROFS|EACCES"));
  // The interpreter of this script is init's program, in a process that anybody may look at.
  const auto script = bundle.write_file("again", "#!/proc/self/exe\n");
  fs::permissions(script, fs::perms::owner_all);
  bundle.write(R"(
services:
  Watch: {command: ["@try_exe@", --watch], ready: watching}
  Again: {kind: task, command: [./again], success_exit_codes: [2], replicas: 30, depends_on: [Watch]}
)");
  const auto result = run_script("sleep 0.2");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, "caught: ok"), 0) << result.err;
  EXPECT_TRUE(before == read_whole_file(init));
}

/// On kernels that let the files of running programs be written to. Here it is asked for.
TEST_F(Files, Row9ProgramOfInitMayBeASealedCopy) {
  RunOptions options;
  options.environment["HITCH_SEAL_INIT"] = "1";
  EXPECT_TRUE(answers(attack("@try_exe@", {}, options), {"pid_1"}, "EACCES|EPERM"));
  EXPECT_TRUE(answers(attack("@try_exe@", {kNotDumpable}, options), {"pid_1"},
                      "ETXTBSY|EPERM|EACCES|EROFS"));
  EXPECT_EQ(attack("cat /proc/1/comm", {}, options), "hitch-init\n");
  bundle.write("services: {A: {shell: 'echo up; exec sleep 1000', ready: up}}\n");
  auto hitch = start({"run"}, options);
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err();
  bool is_sealed = false;
  for (const auto& info : living_descendants(hitch->pid())) {
    std::error_code refused;  // to who is not root: init is not dumpable
    const auto exe = fs::read_symlink("/proc/" + std::to_string(info.pid) + "/exe", refused);
    if (info.name == "hitch-init") is_sealed = refused || exe.string().starts_with("/memfd:");
  }
  EXPECT_TRUE(is_sealed);
  hitch->send_signal(SIGTERM);
  EXPECT_TRUE(exited(hitch->wait(), 143));
}

/// What is in a directory of the machine, /mnt/canary, that everybody may write to, after a bundle
/// has run there.
class Links : public Files {
 protected:
  std::string canary_after(const std::vector<Defence>& off) {
    RunOptions options;
    options.prefix = {"/usr/bin/unshare", "--mount"};
    if (::geteuid() != 0) {
      options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
    }
    options.prefix.insert(options.prefix.end(),
                          {"/bin/sh", "-c",
                           "mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/canary/below && "
                           "chmod 777 /mnt/canary && { \"$@\"; find /mnt/canary; }",
                           "sh"});
    const auto injector = without(off);
    options.prefix.insert(options.prefix.end(), injector.begin(), injector.end());
    return run({"run", "-q"}, options).out;
  }
  const std::string untouched_ = "/mnt/canary\n/mnt/canary/below\n";
};

/// What a service left in the bundle's directory must not lead the next start out of it: a mount
/// point that is not there is not made on the machine.
TEST_F(Links, Row10UnderMountTargetsReachNothingOnTheHost) {
  fs::create_directory(bundle.directory() / "real");
  fs::create_symlink("/mnt/canary", bundle.directory() / "absolute");
  std::string upwards;
  for (int i = 0; i < 20; ++i) upwards += "../";
  fs::create_symlink(upwards + "mnt/canary", bundle.directory() / "relative");
  fs::create_symlink("loop", bundle.directory() / "loop");
  fs::create_symlink("/proc/self/root", bundle.directory() / "magic");
  fs::create_symlink("/mnt/canary/new", bundle.directory() / "dangling");
  const auto mount_on = [&](const std::string& name) {
    const auto target = (bundle.directory() / name).string();
    bundle.write("services:\n  App: {kind: task, command: ['true'], tmpfs: ['" + target +
                 "'], volumes: ['./real:" + target + "2']}\n");
  };
  for (const char* target : {"absolute/made", "relative/made", "absolute", "dangling", "loop",
                             "loop/made", "magic/mnt/canary/made", "real/../absolute/made"}) {
    mount_on(target);
    EXPECT_EQ(canary_after({}), untouched_) << target;
  }
  for (const char* target : {"absolute/made", "relative/made", "magic/mnt/canary/made"}) {
    mount_on(target);
    EXPECT_THAT(canary_after({kReadOnly}), HasSubstr("/mnt/canary/made")) << target;
  }
}

/// A root may have been made by anybody.
TEST_F(Links, Row10InTheRootOfAServiceReachNothingOnTheHost) {
  make_root(bundle.directory() / "root");
  fs::remove_all(bundle.directory() / "root/etc");
  fs::create_symlink("/mnt/canary", bundle.directory() / "root/etc");
  bundle.write("services: {App: {kind: task, rootfs: root, command: [busybox, 'true']}}\n");
  EXPECT_EQ(canary_after({}), untouched_);
  EXPECT_EQ(canary_after({kReadOnly, kOwnLayer}), untouched_) << "one defence is enough";
  EXPECT_EQ(canary_after({kReadOnly, kInRoot}), untouched_) << "the other one, too";
  EXPECT_NE(canary_after({kReadOnly, kInRoot, kOwnLayer}), untouched_);
}

/// Without a user namespace the kernel itself does not keep mounts from spreading.
TEST_F(Files, Row11MountsStayInside) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root alone";
  open_directories();
  bundle.write("services: {A: {command: [sleep, '1000'], tmpfs: [/tmp/inside]}}\n");
  // Opened before, as what spreads covers even /proc; and so does the removal of the run directory.
  const auto gone = bundle.root() / "gone";
  fs::create_directory(gone);
  fs::permissions(gone, fs::perms::owner_all);
  const auto mounts_outside = [&](const std::vector<Defence>& off) {
    RunOptions options;
    options.environment["XDG_RUNTIME_DIR"] = gone;
    options.prefix = {"@without_users@",
                      "/usr/bin/unshare",
                      "--mount",
                      "--propagation",
                      "shared",
                      "/bin/sh",
                      "-c",
                      "before=$(wc -l </proc/self/mountinfo); exec 9</proc/self/mountinfo; "
                      "\"$@\" 9<&-; echo $(($(wc -l <&9) - before)) more",
                      "sh"};
    const auto prefix = without(off);
    options.prefix.insert(options.prefix.end(), prefix.begin(), prefix.end());
    return std::atoi(run({"run", "-q", "--", "/bin/true"}, options).out.c_str());
  };
  EXPECT_EQ(mounts_outside({}), 0);
  EXPECT_GT(mounts_outside({kDetached}), 0);
}

TEST_F(Files, Row12ReadOnlyCoversMountsBelow) {
  RunOptions options;
  options.prefix = {"/usr/bin/unshare", "--mount"};
  if (::geteuid() != 0) options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
  options.prefix.insert(options.prefix.end(),
                        {"/bin/sh", "-c", "mount -t tmpfs tmpfs /mnt && exec \"$@\"", "sh"});
  const std::vector<std::string> place{"/mnt"};
  EXPECT_TRUE(answers(attack("@try_write_host@ /mnt", {}, options), place, "EROFS"));
  EXPECT_TRUE(answers(attack("@try_write_host@ /mnt", {kReadOnly}, options), place, "ok"));
}

TEST_F(Files, Row13DevHasTheseNodesAndNoOther) {
  const std::string probe = "ls /dev; mknod /dev/mem c 1 1 2>/dev/null && echo made a node";
  EXPECT_EQ(attack(probe),
            "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n");
  EXPECT_THAT(attack_in("filesystem: host\n", "ls /dev"), Not(HasSubstr("fd\nfull\nnull\nptmx")))
      << "the machine has no more than that, and the test cannot fail";
}

TEST_F(Files, Row14SettingsOfTheKernelAreOutOfReach) {
  const std::string probe =
      "exec 2>/dev/null; test -w /proc/sys/kernel/core_pattern && echo core_pattern\n"
      "test -w /proc/sys/kernel/panic && echo panic\n"
      "for f in kcore keys timer_list; do test -e /proc/$f && ! test -c /proc/$f && "
      "echo \"shows $f\"; done; echo done";
  EXPECT_EQ(attack(probe), "done\n");
  EXPECT_THAT(attack(probe, {kMaskedProc}), HasSubstr("shows keys\n"));
  if (::geteuid() != 0) return;  // the settings are root's
  EXPECT_THAT(attack(probe, {kFrozenSettings}), HasSubstr("core_pattern\npanic\n"));
}

}  // namespace
}  // namespace hitch::testing
