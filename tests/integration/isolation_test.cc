// What a bundle is where the kernel refuses it a fresh /proc, as in most containers. The refusal is
// a real one: a part of /proc is covered, and the kernel shows nobody what is below.
// mount_namespaces(7). Containers themselves are in tests/isolation.
#include <unistd.h>

#include "integration/harness/hitch_test.h"

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
  const auto up = run({"up", "-d"}, covered());
  EXPECT_TRUE(exited(up, 0));
  EXPECT_THAT(up.err, HasSubstr("isolation is 'shared-proc'"));
  const auto ps = run({"ps"});
  EXPECT_TRUE(has_line(ps.out, R"(^Db +ready .*7000$)"));
  EXPECT_TRUE(has_line(ps.out, R"(^isolation: shared-proc \(mount a fresh proc: Operation not)"));
  EXPECT_TRUE(exited(run({"down"}), 0));
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

}  // namespace
}  // namespace hitch::testing
