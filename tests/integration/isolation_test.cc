// What a bundle is where the kernel refuses it a fresh /proc, as in most containers. The refusal is
// a real one: a part of /proc is covered, and the kernel shows nobody what is below.
// mount_namespaces(7). Containers themselves are in tests/isolation.
#include <sys/stat.h>
#include <unistd.h>

#include "integration/harness/hitch_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SharedProc : public HitchTest {
 protected:
  static RunOptions covered(RunOptions options = {}) {
    options.prefix = {"/usr/bin/unshare"};
    // A user needs a user namespace to mount anything; hitch then nests its own in it.
    if (::geteuid() != 0) {
      options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
    }
    options.prefix.insert(
        options.prefix.end(),
        {"--mount", "/bin/sh", "-c", "mount --bind /dev/null /proc/version && exec \"$@\"", "sh"});
    return options;
  }
  void write_pair(const std::string& more = "") {
    bundle.write(more + R"(
services:
  Db:
    command: ["@listen_on@", "7000"]
    ready: {listen: 7000}
    data: {path: db, prepare: [[sh, -c, "echo row >$HITCH_DATA/db/rows"]]}
  App: {shell: "cat /proc/$PPID/comm >/dev/null; echo up; exec sleep 1000", ready: up, depends_on: [Db]}
)");
  }
};

TEST_F(SharedProc, IsToldOnceAlsoIfQuiet) {
  write_pair();
  for (const char* quiet : {"", "-q"}) {
    std::vector<std::string> arguments{"run", "--no-cache", "--", "/bin/true"};
    if (*quiet != '\0') arguments.insert(arguments.begin() + 1, quiet);
    const auto result = run(arguments, covered());
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(count_lines(result.err, "isolation is 'shared-proc', not 'full': .*fresh proc"), 1)
        << "preparing data has found it out before:\n"
        << result.err;
  }
}

TEST_F(SharedProc, AnswersOfABundleInTheBackgroundSayIt) {
  write_pair();
  auto options = covered();  // all of them in one user namespace, or they may not talk
  options.prefix.insert(options.prefix.end(),
                        {"/bin/sh", "-c", R"("$0" up -d && "$0" ps && "$0" down)"});
  const auto result = run({}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.err, HasSubstr("isolation is 'shared-proc'"));
  EXPECT_TRUE(has_line(result.out, R"(^Db +ready .*7000$)"));
  EXPECT_TRUE(
      has_line(result.out, R"(^isolation: shared-proc \(mount a fresh proc: Operation not)"));
}

TEST_F(SharedProc, ServicesHaveTheirOwnRoots) {
  make_root(bundle.directory() / "root");
  bundle.write(R"(
services:
  Own:
    rootfs: root
    command: [/bin/sh, -c, "busybox test -d /proc/self && echo sees $(busybox id -u); busybox ls /; echo up; exec busybox sleep 1000"]
    ready: up
)");
  const auto result = run({"run", "--", "/bin/sh", "-c", "ls -d /usr"}, covered());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "/usr\n");
  EXPECT_TRUE(has_line(result.err, "Own\\] sees 1000$"));
  EXPECT_FALSE(has_line(result.err, "Own\\] usr$")) << result.err;
}

TEST_F(SharedProc, IsAnErrorWhereMoreIsRequired) {
  const std::string words =
      "isolation 'full' is required, and this machine gives 'shared-proc': mount a fresh proc: "
      "Operation not permitted \\(start the container with --security-opt systempaths=unconfined; "
      "or be content with 'require_isolation: shared-proc'\\)";
  write_pair("require_isolation: full\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, covered()), 125, words));
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  write_pair("require_isolation: shared-proc\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, covered()), 0));
  EXPECT_TRUE(failed_saying(
      run({"run", "--require-isolation", "full", "--", "/bin/true"}, covered()), 125, words));
  auto options = covered();
  options.environment["HITCH_REQUIRE_ISOLATION"] = "full";
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, options), 125, words));
}

TEST_F(SharedProc, GivesNoHoldOnProcessesOutside) {
  write_pair();
  // Its own supervisor has the same uid. PPid of init, as the shared /proc counts, is its number.
  const auto result = run_script(R"sh(
    up() { awk '/^PPid:/ {print $2}' /proc/$1/status; }
    outside=$(cut -d' ' -f4 /proc/self/stat)
    while [ "$(cat /proc/$outside/comm)" != hitch ]; do outside=$(up $outside); done
    cd /proc/$outside || exit 9
    for file in environ maps mem exe; do cat $file >/dev/null 2>&1 && echo "reads $file"; done
    for link in fd/0 root cwd exe ns/user; do readlink $link && echo "reads $link"; done
    for file in oom_score_adj coredump_filter clear_refs timerslack_ns comm; do
      { echo 1 >$file; } 2>/dev/null && echo "writes $file"
    done
    { echo 1 >/proc/self/oom_score_adj; } 2>/dev/null && echo "writes its own"
    { echo 1 >/proc/sys/kernel/panic; } 2>/dev/null && echo "writes settings"
    unshare -U true 2>/dev/null && echo "nests"
    echo done)sh",
                                 covered());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "done\n");
}

TEST_F(SharedProc, LeavesTheRestAsItIs) {
  write_pair("clock: {start: '2015-07-11T10:36:58Z'}\n");
  const auto result = run_script(
      R"(date +%Y; cut -d. -f1 /proc/uptime; echo hi >/dev/stdout; ls /proc/self/fd/1;
         test $$ -lt 1000 && echo small; id -u; grep -c CapEff:.0000000000000000 /proc/self/status)",
      covered());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("2015\n0\nhi\n/proc/self/fd/1\nsmall\n"), HasSubstr("\n1000\n1\n")));
}

TEST_F(SharedProc, CommandsFromInsideKnowThatTheyAreInside) {
  write_pair();
  const auto result = run({"run", "--", hitch_binary().native(), "ps"}, covered());
  EXPECT_TRUE(failed_saying(result, 2, "exited with code 2"));
  EXPECT_THAT(result.err, HasSubstr("runs cannot be told apart from inside a bundle"));
}

TEST_F(SharedProc, DoctorSaysSo) {
  const auto result = run({"doctor"}, covered());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("its isolation is 'shared-proc', not 'full'"),
                    HasSubstr("  start the container with --security-opt systempaths")));
  EXPECT_TRUE(
      exited(run({"doctor", "--require", "bundle", "--require", "shared-proc"}, covered()), 0));
  EXPECT_TRUE(failed_saying(run({"doctor", "--require", "full"}, covered()), 125,
                            "does not have isolation 'full': fresh-proc: Operation not permitted"));
  const auto here = run({"doctor", "--require", "full"});
  EXPECT_TRUE(exited(here, 0));
  EXPECT_THAT(here.out, AllOf(HasSubstr("A bundle runs here with full isolation."),
                              Not(HasSubstr("shared-proc"))));
}

TEST_F(SharedProc, LevelThatDoesNotExistIsAMistake) {
  write_pair("require_isolation: ful\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 2,
                            "require_isolation: expected 'process', 'real-root', 'shared-proc' or "
                            "'full', found 'ful'"));
}

/// Where user namespaces are switched off, and the caller is root.
class RealRoot : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "for root alone";
    for (const auto& path : {bundle.root(), bundle.directory(), bundle.home()}) {
      ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    }
  }
  RunOptions without_users(RunOptions options = {}) {
    options.prefix = {bundle.expand("@without_users@")};
    return options;
  }
  ProcessResult run_script_without_users(const std::string& script) {
    return run_script(script, without_users());
  }
};

TEST_F(RealRoot, ServicesAreAnUnprivilegedUserOfTheirOwn) {
  bundle.write(
      "services:\n  App: {shell: 'id -u; echo up >/dev/stdout; exec sleep 1000', ready: up}\n");
  const auto result = run_script_without_users(R"sh(
    id -u; id -G; id -un; grep -c '^Cap.*:.0000000000000000$' /proc/self/status
    grep -c 'NoNewPrivs:.1' /proc/self/status; stat -c %u /tmp /run /run/hitch/data/App
    echo x >/tmp/x && echo x >/run/x && echo x >~/x && echo x >/dev/stderr && echo written
    setpriv --reuid 0 true 2>/dev/null || chown 0 /tmp/x 2>/dev/null || echo kept
    echo x >/etc/x 2>/dev/null || cat /etc/shadow 2>/dev/null || echo refused
    ls /proc | grep -c '^[0-9]')sh");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("61000\n61000\nhitch\n5\n1\n61000\n61000\n61000\nwritten\n"
                                    "kept\nrefused\n"));
  EXPECT_EQ(count_lines(result.err, "App\\] 61000$"), 1) << result.err;
  EXPECT_EQ(
      count_lines(result.err, "isolation is 'real-root', not 'full': .*create namespaces: No"), 1)
      << result.err;
}

TEST_F(RealRoot, OwnerOfTheBundleDirectoryIsWhoServicesAre) {
  bundle.write("services:\n  App: {shell: 'echo x >made; echo up; exec sleep 1000', ready: up}\n");
  ASSERT_EQ(::chown(bundle.directory().c_str(), 12345, 12346), 0);
  const auto result = run_script_without_users("id -u; id -g; stat -c %u:%g made");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "12345\n12346\n12345:12346\n");
}

TEST_F(RealRoot, DirectoryThatServicesMayNotEnterIsAnErrorWithAHint) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  ASSERT_EQ(::chmod(bundle.directory().c_str(), 0700), 0);
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, without_users()), 125,
                            "enter its directory '.*': Permission denied \\(without user "
                            "namespaces services are user 61000 of this machine"));
}

TEST_F(RealRoot, RootThatIsAskedForHasNoPower) {
  bundle.write("services:\n  App: {command: [sleep, '1000'], user: root}\n");
  const auto result = run_script_without_users(R"(
    id -u; grep -c '^Cap.*:.0000000000000000$' /proc/self/status
    mount -t tmpfs none /mnt 2>/dev/null || hostname x 2>/dev/null || chown 1 /tmp || echo refused)");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("0\n5\nrefused\n"));
}

TEST_F(RealRoot, RootInsideMayNotTalkToTheSupervisor) {
  bundle.write("filesystem: host\nservices:\n  App: {command: [sleep, '1000'], user: root}\n");
  const std::string script =
      "import glob, socket; s = socket.socket(socket.AF_UNIX); s.connect(glob.glob('" +
      bundle.runtime().string() + "/hitch/*/control.sock')[0]); print(s.recv(1))";
  const auto result = run({"run", "--", "/usr/bin/python3", "-c", script}, without_users());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "b''\n");
  EXPECT_EQ(count_lines(result.err, "was refused: it is in another PID namespace"), 1)
      << result.err;
}

TEST_F(RealRoot, BothClocksWork) {
  bundle.write(
      "clock: {start: '2015-07-11T10:36:58Z'}\nservices:\n  App: {command: [sleep, '1000']}\n");
  const auto listened = without_users();
  auto unlistened = without_users();  // libfaketime takes its place
  unlistened.prefix.push_back(bundle.expand("@with_listener@"));
  for (const auto& options : {listened, unlistened}) {
    const auto result = run_script("date +%Y", options);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.out, "2015\n") << result.err;
  }
}

TEST_F(RealRoot, WayOutIsRefused) {
  bundle.write("network: outbound\nservices:\n  App: {command: [sleep, '1000']}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, without_users()), 125,
                            "'network: outbound' needs a user namespace, and there is none: create "
                            "namespaces: No space left on device"));
}

TEST_F(RealRoot, PreparedDataBelongsToTheServices) {
  bundle.write(R"(
services:
  Db:
    shell: "stat -c owner:%u $HITCH_DATA/db $HITCH_DATA/db/rows; echo more >>$HITCH_DATA/db/rows; echo up; exec sleep 1000"
    ready: up
    data: {path: db, prepare: [[sh, -c, "echo row >$HITCH_DATA/db/rows; chmod 700 $HITCH_DATA/db"]]}
)");
  // With user namespaces it belongs to root: that is another entry of the cache.
  EXPECT_TRUE(exited(run({"run", "-q", "--", "/bin/true"}), 0));
  for (int i = 0; i < 2; ++i) {
    const auto result = run({"run", "--", "/bin/true"}, without_users());
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(count_lines(result.err, R"(Db\] owner:61000$)"), 2) << result.err;
  }
}

TEST_F(RealRoot, NothingIsLeftWhenItsSupervisorIsKilled) {
  bundle.write("services:\n  App: {command: [\"@double_fork@\"]}\n");
  auto hitch = start({"run"}, without_users());
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out();
  hitch->send_signal(SIGKILL);
  EXPECT_EQ(hitch->wait().signal, SIGKILL);
  EXPECT_TRUE(wait_until_alone(kPatience));
  EXPECT_TRUE(exited(run({"run", "-q", "--", "/bin/true"}), 0));  // removes the directory
}

TEST_F(RealRoot, MoreCanBeRequired) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const auto result =
      run({"run", "--require-isolation", "shared-proc", "--", "/bin/true"}, without_users());
  EXPECT_TRUE(failed_saying(result, 125,
                            "isolation 'shared-proc' is required, and this machine gives "
                            "'real-root': create namespaces: No space left on device .*or be "
                            "content with 'require_isolation: real-root'"));
}

TEST_F(RealRoot, DoctorSaysSo) {
  const auto result = run({"doctor", "--require", "bundle"}, without_users());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "^user-namespace +no "));
  EXPECT_TRUE(has_line(result.out, "^network-namespace +yes "));
  EXPECT_THAT(result.out, AllOf(HasSubstr("its isolation is 'real-root', not 'full'"),
                                HasSubstr("  sysctl -w user.max_user_namespaces=")));
}

}  // namespace
}  // namespace hitch::testing
