// depends_on with each condition; what is started first and what last.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Order : public HitchTest {
 protected:
  /// Services append to this file; the kernel keeps the order of appends.
  std::vector<std::string> steps() const { return lines_of(bundle.read_file("steps")); }
};

TEST_F(Order, DependentWaitsUntilTheOtherIsReady) {
  bundle.write(R"(
services:
  Second:
    shell: "echo second >>steps; echo up; sleep 1000"
    depends_on: [First]
    ready: up
  First:
    shell: "echo first >>steps; sleep 0.2; echo first ready >>steps; echo up; sleep 1000"
    ready: up
)");
  EXPECT_TRUE(exited(run_script("echo command >>steps"), 0));
  EXPECT_THAT(steps(), ElementsAre("first", "first ready", "second", "command"));
}

TEST_F(Order, ConditionStartedDoesNotWaitForReadiness) {
  bundle.write(R"(
services:
  First:
    shell: "while ! test -e second; do sleep 0.01; done; echo up; sleep 1000"
    ready: up
  Second:
    shell: "touch second; sleep 1000"
    depends_on: {First: {condition: started}}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Order, ConditionReadyIsTheDefaultOfTheMapForm) {
  bundle.write(R"(
services:
  First: {shell: "sleep 0.1; echo first >>steps; echo up; sleep 1000", ready: up}
  Second:
    shell: "echo second >>steps; sleep 1000"
    depends_on: {First: {condition: ready}}
)");
  EXPECT_TRUE(exited(run_script("while ! grep -q second steps; do sleep 0.01; done"), 0));
  EXPECT_THAT(steps(), ElementsAre("first", "second"));
}

TEST_F(Order, ConditionCompletedTakesAnyResult) {
  bundle.write(R"(
services:
  Once: {kind: task, shell: "sleep 0.1; echo once >>steps; exit 3", success_exit_codes: [0, 3]}
  App:
    shell: "echo app >>steps; echo up; sleep 1000"
    ready: up
    depends_on: {Once: {condition: completed}}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("once", "app"));
}

TEST_F(Order, ConditionSucceededNeedsSuccess) {
  bundle.write(R"(
services:
  Migrate: {kind: task, shell: "sleep 0.1; echo migrated >>steps"}
  App:
    shell: "echo app >>steps; echo up; sleep 1000"
    ready: up
    depends_on: {Migrate: {condition: succeeded}}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("migrated", "app"));
}

TEST_F(Order, DependingOnATaskWaitsForItsSuccess) {
  bundle.write(R"(
services:
  Migrate: {kind: task, shell: "sleep 0.1; echo migrated >>steps"}
  App: {shell: "echo app >>steps; echo up; sleep 1000", depends_on: [Migrate], ready: up}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("migrated", "app"));
}

TEST_F(Order, FailedDependencyKeepsTheDependentFromStarting) {
  bundle.write(R"(
services:
  Migrate: {kind: task, shell: "echo no such table; exit 4"}
  App: {shell: "touch app-ran; sleep 1000", depends_on: [Migrate]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "Migrate.*4"));
  EXPECT_THAT(result.err, HasSubstr("no such table"));
  EXPECT_FALSE(bundle.has_file("app-ran"));
}

TEST_F(Order, ServicesThatDoNotDependOnEachOtherStartTogether) {
  bundle.write(R"(
services:
  A: {shell: "touch a; while ! test -e b; do sleep 0.01; done; echo up; sleep 1000", ready: up}
  B: {shell: "touch b; while ! test -e a; do sleep 0.01; done; echo up; sleep 1000", ready: up}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Order, DependentsStopFirst) {
  const std::string service = "trap 'sleep 0.1; echo $0 >>steps; exit 0' TERM; echo up; ";
  const std::string wait = "while :; do sleep 0.02; done";
  bundle.write("services:\n  Base: {command: [sh, -c, \"" + service + wait +
               "\", base], ready: up}\n  Middle: {command: [sh, -c, \"" + service + wait +
               "\", middle], ready: up, depends_on: [Base]}\n  Top: {command: [sh, -c, \"" +
               service + wait + "\", top], ready: up, depends_on: [Middle]}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("top", "middle", "base"));
}

TEST_F(Order, DiamondStartsEachServiceOnce) {
  bundle.write(R"(
services:
  Top: {shell: "echo top >>steps; echo up; sleep 1000", ready: up, depends_on: [Left, Right]}
  Left: {shell: "echo side >>steps; echo up; sleep 1000", ready: up, depends_on: [Base]}
  Right: {shell: "echo side >>steps; echo up; sleep 1000", ready: up, depends_on: [Base]}
  Base: {shell: "echo base >>steps; echo up; sleep 1000", ready: up}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("base", "side", "side", "top"));
}

}  // namespace
}  // namespace hitch::testing
