// setup, poststart and teardown: when they run, where, and what their failure means.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Hooks : public HitchTest {
 protected:
  std::vector<std::string> steps() const { return lines_of(bundle.read_file("steps")); }
};

TEST_F(Hooks, RunBeforeAfterAndBetween) {
  bundle.write(R"(
services:
  App:
    shell: "echo service >>steps; sleep 0.1; echo up; sleep 1000"
    ready: up
    setup: [[sh, -c, "echo setup one >>steps"], [sh, -c, "echo setup two >>steps"]]
    poststart: [[sh, -c, "sleep 0.1; echo poststart >>steps"]]
    teardown: [[sh, -c, "echo teardown >>steps"]]
  Dependent:
    shell: "echo dependent >>steps; echo up; sleep 1000"
    ready: up
    depends_on: [App]
)");
  EXPECT_TRUE(exited(run_script("echo command >>steps"), 0));
  EXPECT_THAT(steps(), ElementsAre("setup one", "setup two", "service", "poststart", "dependent",
                                   "command", "teardown"));
}

TEST_F(Hooks, SeeTheServicesEnvironmentAndDirectory) {
  bundle.write_file("app/keep", "");
  bundle.write(R"(
services:
  App:
    command: [sleep, "1000"]
    working_dir: app
    environment: {COLOUR: green}
    setup: [[sh, -c, "echo $COLOUR $HITCH_SERVICE $(basename $PWD) >setup.txt"]]
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_EQ(bundle.read_file("app/setup.txt"), "green App app\n");
}

TEST_F(Hooks, TheirOutputHasPrefixesOfItsOwn) {
  bundle.write(R"(
services:
  App:
    command: [sleep, "1000"]
    setup: [[echo, preparing]]
    poststart: [[echo, filling]]
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, R"(^\[ *Setup App\] preparing$)"));
  EXPECT_TRUE(has_line(result.err, R"(^\[ *Post App\] filling$)"));
}

TEST_F(Hooks, FailingSetupFailsTheBundleWithItsOutput) {
  bundle.write(R"(
services:
  App:
    shell: "touch service-ran; sleep 1000"
    setup: [[sh, -c, "echo no such table >&2; exit 7"]]
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "App"));
  EXPECT_THAT(result.err, HasSubstr("setup"));
  EXPECT_THAT(result.err, HasSubstr("no such table"));
  EXPECT_TRUE(has_line(result.err, R"((exit|code|status).* 7)"));
  EXPECT_FALSE(bundle.has_file("service-ran"));
}

TEST_F(Hooks, FailingPoststartFailsTheBundle) {
  bundle.write(R"(
services:
  App:
    command: [sleep, "1000"]
    poststart: [[sh, -c, "echo cannot fill; exit 8"]]
)");
  const auto result = run_script("touch command-ran");
  EXPECT_TRUE(failed_saying(result, 125, "App"));
  EXPECT_THAT(result.err, HasSubstr("cannot fill"));
  EXPECT_FALSE(bundle.has_file("command-ran"));
}

TEST_F(Hooks, SetupThatHangsTimesOut) {
  bundle.write(R"(
services:
  App:
    command: [sleep, "1000"]
    startup_timeout: 400ms
    setup: [[sleep, "999"]]
)");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 124, "App"));
}

TEST_F(Hooks, SetupMayStartDaemonsThatDieWithTheBundle) {
  bundle.write(R"(
services:
  App:
    command: [sleep, "1000"]
    setup: [["@double_fork@", --exit]]
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Hooks, DeathDuringPoststartIsNoticedAtOnce) {
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 0.1; exit 4", ready: up, poststart: [[sleep, "999"]]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "service 'App' died: it exited with code 4"));
}

TEST_F(Hooks, FailingTeardownIsToldAlsoWhenTheCommandFailed) {
  bundle.write("services:\n  App: {command: [sleep, '1000'], teardown: [['false']]}\n");
  const auto result = run_script("exit 3");
  EXPECT_TRUE(exited(result, 3));
  EXPECT_THAT(result.err, HasSubstr("its teardown command 'false' exited with code 1"));
}

TEST_F(Hooks, TeardownRunsAfterTheServiceHasStopped) {
  bundle.write(R"(
services:
  App:
    shell: "trap 'sleep 0.1; echo stopped >>steps; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    ready: up
    teardown: [[sh, -c, "echo teardown >>steps"]]
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_THAT(steps(), ElementsAre("stopped", "teardown"));
}

TEST_F(Hooks, TeardownRunsAfterAFailedCommandToo) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], teardown: [[touch, torn-down]]}
)");
  EXPECT_TRUE(exited(run_script("exit 5"), 5));
  EXPECT_TRUE(bundle.has_file("torn-down"));
}

TEST_F(Hooks, FailingTeardownDoesNotHideTheResultOfTheCommand) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], teardown: [[sh, -c, "echo cannot clean; exit 6"]]}
)");
  const auto result = run_script("exit 5");
  EXPECT_TRUE(exited(result, 5));
  EXPECT_THAT(result.err, HasSubstr("cannot clean"));
}

TEST_F(Hooks, TeardownThatHangsIsCutOff) {
  bundle.write(R"(
shutdown_timeout: 1s
services:
  App: {command: [sleep, "1000"], teardown: [[sleep, "999"]]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "teardown command 'sleep 999' when its time was up"));
  EXPECT_TRUE(exited(run_script("exit 5"), 5));
}

TEST_F(Hooks, ProgramOfAHookThatDoesNotExistIsNamed) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], setup: [[no-such-program]]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("services.App.setup"));
  EXPECT_THAT(result.err, HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace hitch::testing
