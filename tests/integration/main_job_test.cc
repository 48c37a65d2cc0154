// The main job: start the services, wait, run CMD inside, tear down, exit with CMD's code.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MainJob : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
services:
  Database:
    command: ["@listen_on@", "15432", --after, "30", --say, rows]
    ready: {listen: 15432}
  Cache:
    command: ["@echo_lines@", --text, cache is up, --stay]
    ready: cache is up
  Web:
    command: ["@listen_on@", "18080", --http, "200"]
    depends_on: [Database, Cache]
    ready: {http: "http://127.0.0.1:18080/"}
)");
  }
};

TEST_F(MainJob, ThreeServicesAreReadyBeforeTheCommandRuns) {
  const auto result = run({"run", "--", "@try_connect@", "127.0.0.1", "15432"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: rows\n");
}

TEST_F(MainJob, FileMayBeNamedBeforeOrAfterTheCommandOfHitch) {
  const RunOptions elsewhere{.directory = "/"};
  const auto file = (bundle.directory() / "hitch.yaml").string();
  EXPECT_TRUE(exited(run({"-f", file, "run", "--", "/bin/true"}, elsewhere), 0));
  EXPECT_TRUE(exited(run({"run", "-f", file, "--", "/bin/true"}, elsewhere), 0));
}

TEST_F(MainJob, FileIsFoundFromADirectoryBelow) {
  bundle.write_file("app/src/main.txt", "");
  const RunOptions below{.directory = bundle.directory() / "app/src"};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, below), 0));
}

TEST_F(MainJob, FileMayComeFromStandardInput) {
  RunOptions options{.input = bundle.read_file("hitch.yaml")};
  EXPECT_TRUE(exited(run({"run", "-f", "-", "--", "/bin/true"}, options), 0));
}

TEST_F(MainJob, CommandRunsInTheDirectoryOfTheCaller) {
  bundle.write_file("app/note.txt", "");
  const RunOptions below{.directory = bundle.directory() / "app"};
  const auto result = run({"run", "--", "/bin/pwd"}, below);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, (bundle.directory() / "app").string() + "\n");
}

TEST_F(MainJob, ServiceLinesGoToStandardErrorOnly) {
  const auto result = run({"run", "--", "/bin/echo", "result"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "result\n");
  EXPECT_TRUE(has_line(result.err, R"(^\[ +Cache\] cache is up$)"));
  EXPECT_TRUE(has_line(result.err, R"(READY in \d+\.\d+ seconds)"));
}

TEST_F(MainJob, QuietSaysNothingWhenAllIsWell) {
  const auto result = run({"run", "-q", "--", "/bin/echo", "result"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "result\n");
  EXPECT_THAT(result.err, Not(HasSubstr("cache is up")));
}

TEST_F(MainJob, OnlyTheNamedServicesAndWhatTheyNeedAreStarted) {
  const auto result = run({"run", "Cache", "--", "@try_connect@", "127.0.0.1", "15432"});
  EXPECT_TRUE(exited(result, 1));
  EXPECT_EQ(result.out, "connect: ECONNREFUSED\n");
}

TEST_F(MainJob, OptionsAfterTheTwoDashesBelongToTheCommand) {
  const auto result = run({"run", "--", "/bin/echo", "-q", "--version", "--", "-f"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "-q --version -- -f\n");
}

class CommandResult : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  }
};

TEST_F(CommandResult, ExitCodeIsPassedOn) {
  for (const int code : {0, 1, 2, 7, 124, 255}) {
    SCOPED_TRACE(code);
    EXPECT_TRUE(exited(run_script("exit " + std::to_string(code)), code));
  }
}

TEST_F(CommandResult, DeathByASignalIs128AndItsNumber) {
  for (const int number : {2, 6, 9, 11, 15}) {
    SCOPED_TRACE(number);
    const auto result = run({"run", "--", "@exit_with@", "0", "--signal", std::to_string(number)});
    EXPECT_TRUE(exited(result, 128 + number));
  }
}

TEST_F(CommandResult, CommandThatDoesNotExistIs127) {
  const auto result = run({"run", "--", "no-such-program"});
  EXPECT_TRUE(failed_saying(result, 127, "no-such-program.*([Nn]o such file|not found)"));
}

TEST_F(CommandResult, CommandThatCannotBeExecutedIs126) {
  bundle.write_file("data.txt", "no program");
  const auto result = run({"run", "--", "./data.txt"});
  EXPECT_TRUE(failed_saying(result, 126, "data\\.txt.*[Pp]ermission denied"));
}

TEST_F(CommandResult, DirectoryAsACommandIs126) {
  EXPECT_TRUE(failed_saying(run({"run", "--", "/etc"}), 126, "/etc.*([Pp]ermission|directory)"));
}

TEST_F(CommandResult, CommandIsFoundInThePathOfTheCaller) {
  auto script = bundle.write_file("tools/my-tool", "#!/bin/sh\necho found\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const RunOptions options{.environment = {{"PATH", "@dir@/tools:/usr/bin:/bin"}}};
  const auto result = run({"run", "--", "my-tool"}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "found\n");
}

TEST_F(CommandResult, ProcessesThatTheCommandLeavesBehindEndWithTheBundle) {
  const auto result = run_script("setsid sleep 1000 & setsid nohup sleep 1000 >&2 & exit 3");
  EXPECT_TRUE(exited(result, 3));
}

TEST_F(CommandResult, BundleWithoutServicesRunsTheCommand) {
  bundle.write("name: empty\nservices: {}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/sh", "-c", "exit 4"}), 4));
}

}  // namespace
}  // namespace hitch::testing
