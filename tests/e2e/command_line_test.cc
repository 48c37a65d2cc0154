// The command line itself: help, version, init, what is refused.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class CommandLine : public HitchTest {
 protected:
  void expect_usage_error(std::vector<std::string> arguments, const std::string& pattern) {
    const auto result = run(std::move(arguments));
    EXPECT_TRUE(exited(result, 2));
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(has_line(result.err, pattern));
  }
};

TEST_F(CommandLine, VersionIsOneLine) {
  for (const char* word : {"version", "--version"}) {
    const auto result = run({word});
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(count_lines(result.out, R"(^hitch \d+\.\d+\.\d+)"), 1) << result.out;
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(CommandLine, HelpListsTheCommands) {
  for (const char* word : {"help", "--help", "-h"}) {
    const auto result = run({word});
    EXPECT_TRUE(exited(result, 0));
    for (const char* command : {"run", "config", "init", "version"}) {
      EXPECT_TRUE(has_line(result.out, std::string(R"(^ *)") + command + R"(\b)"));
    }
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(CommandLine, HelpOfACommandListsItsOptions) {
  const auto result = run({"run", "--help"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("--no-cache"));
}

TEST_F(CommandLine, UnknownCommandNamesTheNearest) {
  expect_usage_error({"rum"}, "rum.*run");
}

TEST_F(CommandLine, UnknownOptionIsRefused) {
  bundle.write("services: {}\n");
  expect_usage_error({"run", "--no-such-option", "--", "/bin/true"}, "no-such-option");
}

TEST_F(CommandLine, NoCommandIsRefused) {
  const auto result = run({});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.out + result.err, HasSubstr("run"));
}

TEST_F(CommandLine, WrongValueOfAnOptionIsRefused) {
  bundle.write("services: {}\n");
  expect_usage_error({"--color", "sometimes", "run", "--", "/bin/true"}, "sometimes|color");
}

TEST_F(CommandLine, TheNumberOfAFormatIsNoName) {
  expect_usage_error({"--format", "1", "version"}, R"(^hitch: --format: 1 not in \{text,json\})");
  const auto help = run({"--help"});
  EXPECT_THAT(help.out, HasSubstr("--format FORMAT:{text,json} (Env:HITCH_FORMAT)"));
}

TEST_F(CommandLine, AnEmptyNameOfTheBundleIsRefused) {
  bundle.write("services: {}\n");
  expect_usage_error({"-p", "", "config"}, "^hitch: the bundle's name '' is no name: ");
}

TEST_F(CommandLine, AnUnknownProfileIsNotMistakenForAllProfiles) {
  bundle.write("services: {}\n");
  expect_usage_error({"--profile", "x", "config"}, "^hitch: there is no profile 'x'$");
}

TEST_F(CommandLine, AnEmptyNameOfTheCommandIsRefused) {
  bundle.write("services: {}\n");
  expect_usage_error({"run", "--", ""}, R"(^hitch: the command after "--" has an empty name)");
}

TEST_F(CommandLine, NothingAfterTheDashesIsRefused) {
  bundle.write("services: {}\n");
  expect_usage_error({"run", "--"}, "--|[Cc]ommand|CMD");
}

TEST_F(CommandLine, AResultThatCannotBeWrittenIsAFailure) {
  bundle.write("services: {}\n");
  RunOptions full;
  full.prefix = {"/bin/sh", "-c", R"(exec "$0" "$@" >/dev/full)"};
  const std::vector<std::vector<std::string>> commands{
      {"config"}, {"version"},   {"--version"},       {"help"},
      {"--help"}, {"run", "-h"}, {"init", "-f", "-"}, {"init", "-f", "new.yaml"}};
  for (const auto& command : commands) {
    const auto result = run(command, full);
    EXPECT_TRUE(exited(result, 125));
    EXPECT_EQ(result.err, "hitch: cannot write to standard output: No space left on device\n");
  }
}

TEST_F(CommandLine, AReaderThatHasGoneAwayIsToldByTheCodeAlone) {
  RunOptions gone;  // the pipe's reader has ended when hitch begins to write
  gone.prefix = {"/bin/bash", "-c", R"(exec 3> >(exit 0); wait $!; "$0" "$@" >&3)"};
  const auto result = run({"version"}, gone);
  EXPECT_TRUE(exited(result, 125));
  EXPECT_EQ(result.err, "");
}

TEST_F(CommandLine, InitWritesAFileThatRuns) {
  auto result = run({"init"});
  EXPECT_TRUE(exited(result, 0));
  ASSERT_TRUE(bundle.has_file("hitch.yaml"));
  result = run({"config", "-q"});
  EXPECT_TRUE(exited(result, 0));
}

TEST_F(CommandLine, InitDoesNotOverwrite) {
  bundle.write_file("hitch.yaml", "services: {}\n");
  const auto result = run({"init"});
  EXPECT_TRUE(failed_saying(result, 2, R"(hitch\.yaml)"));
  EXPECT_EQ(bundle.read_file("hitch.yaml"), "services: {}\n");
}

TEST_F(CommandLine, FileMayComeFromTheEnvironment) {
  bundle.write_file("other.yaml", "services: {}\n");
  const RunOptions options{.environment = {{"HITCH_FILE", "other.yaml"}}};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 0));
}

TEST_F(CommandLine, ClosedStandardStreamsDoNoHarm) {
  bundle.write("services:\n  App: {command: ['@echo_lines@', --stay], ready: line}\n");
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", R"(exec "$0" "$@" <&- >&- 2>&-)"};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/sh", "-c", "exit 3"}, options), 3));
}

}  // namespace
}  // namespace hitch::testing
