// What services find in their environment, and which descriptors they have.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class ServiceEnvironment : public HitchTest {
 protected:
  /// Runs print_env as a service with these further keys. @return what it printed
  std::string environment_of(const std::string& keys, const RunOptions& options = {}) {
    bundle.write("services:\n  App: {command: ['@print_env@', --stay], ready: printed" +
                 (keys.empty() ? "" : ", " + keys) + "}\n");
    const auto result = run({"run", "--", "/bin/true"}, options);
    EXPECT_TRUE(exited(result, 0));
    return result.err;
  }
};

TEST_F(ServiceEnvironment, IsCleanButForTheDocumentedVariables) {
  const auto text = environment_of("", {.environment = {{"AWS_SECRET", "canary"}}});
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  for (const auto& line : lines_of(text)) {
    const auto at = line.find("] env ");
    if (at == line.npos) continue;
    const std::string variable = line.substr(at + 6);
    EXPECT_THAT(variable.substr(0, variable.find('=')),
                MatchesRegex("PATH|HOME|USER|LANG|TZ|TERM|HITCH_[A-Z_]+|TMPDIR|LOGNAME|SHELL|"
                             "XDG_RUNTIME_DIR|PYTHONUNBUFFERED"));
  }
}

TEST_F(ServiceEnvironment, HasWhatTheCallerHas) {
  const auto text = environment_of("");
  EXPECT_TRUE(has_line(text, R"(env PATH=/usr/local/sbin:/usr/local/bin)"));
  EXPECT_THAT(text, HasSubstr("env HOME=" + bundle.home().string() + "\n"));
  EXPECT_TRUE(has_line(text, "env USER=tester$"));
  EXPECT_TRUE(has_line(text, R"(env LANG=C\.UTF-8$)"));
  EXPECT_TRUE(has_line(text, "env TZ=UTC$"));
  EXPECT_TRUE(has_line(text, "env TERM=dumb$"));
}

TEST_F(ServiceEnvironment, HasTheNamesOfBundleAndServiceAndAWritableDataDirectory) {
  bundle.write(R"(
name: shop
services:
  App: {shell: "touch $HITCH_DATA/x && echo bundle=$HITCH_BUNDLE service=$HITCH_SERVICE; sleep 1000",
        ready: "service="}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.err, HasSubstr("bundle=shop service=App"));
}

TEST_F(ServiceEnvironment, DataDirectoriesOfTwoServicesDiffer) {
  bundle.write(R"(
services:
  A: {shell: "echo $HITCH_DATA >new_a; mv new_a a; sleep 1000", ready: {file: a}}
  B: {shell: "echo $HITCH_DATA >new_b; mv new_b b; sleep 1000", ready: {file: b}}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_NE(bundle.read_file("a"), bundle.read_file("b"));
}

TEST_F(ServiceEnvironment, PassesNamesAndPrefixesThatAreAskedFor) {
  const auto text = environment_of("pass_environment: [TOKEN, 'CI_*', ABSENT]",
                                   {.environment = {{"TOKEN", "abc"},
                                                    {"TOKEN_TWO", "no"},
                                                    {"CI_JOB", "7"},
                                                    {"CI_", "empty name"},
                                                    {"CIRCLE", "no"}}});
  EXPECT_TRUE(has_line(text, "env TOKEN=abc$"));
  EXPECT_TRUE(has_line(text, "env CI_JOB=7$"));
  EXPECT_THAT(text, Not(HasSubstr("TOKEN_TWO")));
  EXPECT_THAT(text, Not(HasSubstr("CIRCLE")));
  EXPECT_THAT(text, Not(HasSubstr("ABSENT")));
}

TEST_F(ServiceEnvironment, ServiceOverridesBundleOverridesCaller) {
  bundle.write(R"(
environment: {HITCH_TEST_MARK: "@mark@", TZ: Asia/Tokyo, COLOUR: red, SIZE: 1}
services:
  App: {command: ["@print_env@", --stay], ready: printed, environment: {COLOUR: green}}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, "env TZ=Asia/Tokyo$"));
  EXPECT_TRUE(has_line(result.err, "env COLOUR=green$"));
  EXPECT_TRUE(has_line(result.err, "env SIZE=1$"));
  EXPECT_EQ(count_lines(result.err, "env COLOUR="), 1);
}

TEST_F(ServiceEnvironment, ListFormAndEnvFileAreRead) {
  bundle.write_file("app.env", "# a comment\nFROM_FILE=yes\nQUOTED=\"two words\"\n");
  const auto text = environment_of("env_file: app.env, environment: ['LISTED=a=b']");
  EXPECT_TRUE(has_line(text, "env FROM_FILE=yes$"));
  EXPECT_TRUE(has_line(text, "env QUOTED=two words$"));
  EXPECT_TRUE(has_line(text, "env LISTED=a=b$"));
}

TEST_F(ServiceEnvironment, VariablesAreInterpolated) {
  const RunOptions options{.environment = {{"PORT", "7001"}}};
  const auto text = environment_of(
      "environment: {A: '${PORT}', B: '${ABSENT:-seven}', C: $$HOME, D: $x}", options);
  EXPECT_TRUE(has_line(text, "env A=7001$"));
  EXPECT_TRUE(has_line(text, "env B=seven$"));
  EXPECT_TRUE(has_line(text, R"(env C=\$HOME$)"));
  EXPECT_TRUE(has_line(text, R"(env D=\$x$)"));
}

TEST_F(ServiceEnvironment, CommandKnowsItsBundle) {
  bundle.write(R"(
name: shop
environment: {HITCH_TEST_MARK: "@mark@", COLOUR: red}
services: {Idle: {command: [sleep, "1000"]}}
)");
  const auto result = run_script("echo $HITCH_BUNDLE $COLOUR");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "shop red\n");
}

TEST_F(ServiceEnvironment, NoProcessOfTheBundleHoldsTheCallersSecretButTheCommand) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const RunOptions options{.environment = {{"AWS_SECRET", "canary"}}};
  const auto result = run(
      {"run", "--", "/usr/bin/env", "-i", "/bin/sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null"},
      options);
  EXPECT_THAT(result.out, Not(HasSubstr("canary")));
}

class Descriptors : public HitchTest {};

TEST_F(Descriptors, ServiceHasOnlyItsStandardOnes) {
  bundle.write("services:\n  App: {command: ['@list_fds@', --stay], ready: listed}\n");
  const auto result = run({"run", "--", "/bin/true"}, {.extra_descriptors = 50});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, R"(\] fd )"), 3) << result.err;
  for (const char* fd : {"0", "1", "2"}) {
    EXPECT_TRUE(has_line(result.err, std::string(R"(\] fd )") + fd + " -> "));
  }
}

TEST_F(Descriptors, CommandHasOnlyItsStandardOnes) {
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  const auto result = run({"run", "--", "@list_fds@"}, {.extra_descriptors = 50});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.out, "^fd "), 3) << result.out;
}

TEST_F(Descriptors, HookHasOnlyItsStandardOnes) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], setup: [["@list_fds@"]], poststart: [["@list_fds@"]]}
)");
  const auto result = run({"run", "--", "/bin/true"}, {.extra_descriptors = 50});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, R"(\] fd )"), 6) << result.err;
}

TEST_F(Descriptors, ServiceStartsWithDefaultSignalsAndAnEmptyMask) {
  bundle.write("services:\n  App: {command: ['@show_status@', --stay], ready: 'cwd:'}\n");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, "SigBlk:\t0{16}$"));
  EXPECT_TRUE(has_line(result.err, "SigIgn:\t0{16}$"));
}

}  // namespace
}  // namespace hitch::testing
