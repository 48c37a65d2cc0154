// Tasks, and services that are started again.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Tasks : public HitchTest {};

TEST_F(Tasks, BundleOfTasksAloneEndsWithZeroWhenAllHaveSucceeded) {
  bundle.write(R"(
services:
  First: {kind: task, shell: "sleep 0.1; echo one"}
  Second: {kind: task, shell: "echo two", depends_on: [First]}
)");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, R"(^\[ *First\] one$)"));
  EXPECT_TRUE(has_line(result.out, R"(^\[ *Second\] two$)"));
}

TEST_F(Tasks, FailingTaskFailsTheBundle) {
  bundle.write(R"(
services:
  Check: {kind: task, shell: "echo 3 tests failed; exit 1"}
)");
  const auto result = run({"run"});
  EXPECT_TRUE(failed_saying(result, 125, "Check.*1"));
  EXPECT_THAT(result.out + result.err, HasSubstr("3 tests failed"));
}

TEST_F(Tasks, OtherExitCodesMayCountAsSuccess) {
  bundle.write(R"(
services:
  Check: {kind: task, shell: "exit 77", success_exit_codes: [0, 77]}
)");
  EXPECT_TRUE(exited(run({"run"}), 0));
}

TEST_F(Tasks, TaskKilledByASignalFails) {
  bundle.write(R"(
services:
  Check: {kind: task, command: ["@exit_with@", "0", --signal, "11"]}
)");
  EXPECT_TRUE(failed_saying(run({"run"}), 125, "Check.*(SIGSEGV|signal 11|Segmentation)"));
}

TEST_F(Tasks, CommandRunsAfterTheTasks) {
  bundle.write(R"(
services:
  Migrate: {kind: task, shell: "sleep 0.1; echo migrated >state"}
)");
  const auto result = run({"run", "--", "/bin/cat", "state"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "migrated\n");
}

TEST_F(Tasks, TaskThatNeverEndsTimesOut) {
  bundle.write(R"(
services:
  Slow: {kind: task, command: [sleep, "1000"], startup_timeout: 300ms}
)");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 124, "Slow"));
}

TEST_F(Tasks, MixedWithServicesTheBundleStaysUntilTheCommandEnds) {
  bundle.write(R"(
services:
  Once: {kind: task, command: ["true"]}
  App: {command: ["@echo_lines@", --text, up, --stay], ready: up, depends_on: [Once]}
)");
  EXPECT_TRUE(exited(run_script("sleep 0.2"), 0));
}

class Restart : public HitchTest {};

TEST_F(Restart, OnFailureStartsTheServiceAgain) {
  bundle.write(R"(
services:
  App:
    shell: "echo x >>starts; test $(wc -l <starts) -ge 3 || exit 1; echo up; sleep 1000"
    ready: up
    restart: on-failure:5
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_EQ(lines_of(bundle.read_file("starts")).size(), 3U);
}

TEST_F(Restart, OnFailureGivesUpAfterItsLimit) {
  bundle.write(R"(
services:
  App: {shell: "echo x >>starts; exit 1", ready: {log: never}, restart: on-failure:2}
)");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 125, "App"));
  EXPECT_EQ(lines_of(bundle.read_file("starts")).size(), 3U);
}

TEST_F(Restart, AlwaysStartsAfterSuccessToo) {
  bundle.write(R"(
services:
  App: {shell: "echo x >>starts; sleep 0.05; exit 0", restart: always}
)");
  EXPECT_TRUE(exited(run_script("while test $(wc -l <starts) -lt 3; do sleep 0.01; done"), 0));
}

TEST_F(Restart, CommandGoesOnWhileAServiceIsStartedAgain) {
  bundle.write(R"(
services:
  App: {command: ["@listen_on@", "7001"], ready: {listen: 7001}, restart: on-failure}
)");
  const auto result = run_script(
      "pid=$(pidof listen_on); kill -9 $pid; "
      "while test \"$(pidof listen_on)\" = $pid || ! pidof listen_on; do sleep 0.01; done; "
      "echo again; exit 6");
  EXPECT_TRUE(exited(result, 6));
  EXPECT_THAT(result.out, HasSubstr("again"));
}

}  // namespace
}  // namespace hitch::testing
