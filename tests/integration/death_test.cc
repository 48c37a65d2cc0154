// A service that dies unasked fails the bundle, before it is ready and after.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Death : public HitchTest {};

TEST_F(Death, BeforeReadyFailsTheStartAtOnceWithTheLastLines) {
  bundle.write(R"(
services:
  App:
    shell: "seq 1 50 | sed 's/^/step /'; echo cannot open database >&2; exit 3"
    ready: {log: never said, timeout: 50s}
)");
  const auto result = run_script("touch command-ran");
  EXPECT_TRUE(failed_saying(result, 125, "App.*3"));
  EXPECT_LT(result.duration, 20s) << "it waited for a service that was dead";
  EXPECT_THAT(result.err, HasSubstr("never said"));
  EXPECT_EQ(count_lines(result.err, "cannot open database"), 2) << result.err;
  EXPECT_EQ(count_lines(result.err, "step 30$"), 1) << result.err;
  EXPECT_EQ(count_lines(result.err, "step 50$"), 2) << result.err;
  EXPECT_FALSE(bundle.has_file("command-ran"));
}

TEST_F(Death, LinesWrittenJustBeforeTheEndAreInTheReport) {
  bundle.write(R"(
services:
  App: {command: ["@exit_with@", "9", --text, last words], ready: never}
)");
  for (int i = 0; i < 10; ++i) {
    const auto result = run({"run", "-q", "--", "/bin/true"});
    ASSERT_TRUE(failed_saying(result, 125, "App.*9"));
    ASSERT_THAT(result.err, HasSubstr("last words"));
  }
}

TEST_F(Death, ServiceThatEndsWithZeroBeforeReadyIsAFailureToo) {
  bundle.write("services:\n  App: {command: ['true'], ready: never}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 125, "App"));
}

TEST_F(Death, KilledBySignalIsNamed) {
  bundle.write(R"(
services:
  App: {command: ["@exit_with@", "0", --signal, "11"], ready: never}
)");
  EXPECT_TRUE(
      failed_saying(run({"run", "--", "/bin/true"}), 125, "App.*(SIGSEGV|signal 11|Segmentation)"));
}

TEST_F(Death, AfterReadyKillsTheCommandAndFailsTheBundle) {
  bundle.write(R"(
services:
  App:
    shell: "echo up; while ! test -e now; do sleep 0.01; done; echo lost my disk; exit 5"
    ready: up
)");
  const auto result = run_script("touch now; sleep 1000; echo command went on");
  EXPECT_TRUE(failed_saying(result, 125, "App.*5"));
  EXPECT_THAT(result.err, HasSubstr("lost my disk"));
  EXPECT_THAT(result.out, Not(HasSubstr("command went on")));
}

TEST_F(Death, AfterReadyShowsTheLastTwentyLinesInAQuietRun) {
  bundle.write(R"(
services:
  App:
    shell: "echo up; while ! test -e now; do sleep 0.01; done; seq 1 50 | sed 's/^/step /'; exit 5"
    ready: up
)");
  const auto result = run({"run", "-q", "--", "/bin/sh", "-c", "touch now; sleep 1000"});
  EXPECT_TRUE(failed_saying(result, 125, "App.*5"));
  EXPECT_EQ(count_lines(result.err, "step 30$"), 0) << result.err;
  EXPECT_EQ(count_lines(result.err, "step 31$"), 1) << result.err;
  EXPECT_EQ(count_lines(result.err, "step 50$"), 1) << result.err;
}

TEST_F(Death, CommandThatIgnoresSignalsIsKilledAllTheSame) {
  bundle.write(R"(
services:
  App:
    shell: "echo up; while ! test -e now; do sleep 0.01; done; exit 5"
    ready: up
)");
  const auto result = run_script("trap '' TERM INT HUP; touch now; while :; do sleep 1; done");
  EXPECT_TRUE(failed_saying(result, 125, "App"));
}

TEST_F(Death, WithoutACommandADeadServiceEndsTheRun) {
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 0.2; exit 5", ready: up}
  Other: {command: [sleep, "1000"]}
)");
  EXPECT_TRUE(failed_saying(run({"run"}), 125, "App.*5"));
}

TEST_F(Death, OtherServicesAreStoppedInOrder) {
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 0.2; exit 5", ready: up}
  Other:
    shell: "trap 'touch stopped; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    ready: up
)");
  EXPECT_TRUE(exited(run({"run"}), 125));
  EXPECT_TRUE(bundle.has_file("stopped"));
}

TEST_F(Death, ProgramThatCannotBeExecutedIsNamed) {
  auto script = bundle.write_file("bad", "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  bundle.write("services:\n  App: {command: [./bad]}\n");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "App.*bad.*No such file or directory"));
}

TEST_F(Death, TwoServicesThatWantOnePortShowTheMessageOfTheSecond) {
  bundle.write(R"(
services:
  First: {command: ["@listen_on@", "7001"], ready: {listen: 7001}}
  Second: {command: ["@listen_on@", "7001"], ready: {listen: 7001}, depends_on: [First]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "Second.*1"));
  EXPECT_THAT(result.err, HasSubstr("cannot listen on port 7001: Address already in use"));
}

TEST_F(Death, ServiceThatStopsItselfIsOnlySlow) {
  bundle.write(R"(
services:
  App: {command: ["@stopped_self@"], ready: {log: continued, timeout: 400ms}}
)");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 124, "App"));
}

}  // namespace
}  // namespace hitch::testing
