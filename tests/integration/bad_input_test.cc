// What cannot be carried out as it is written: exit code 2, with file, line, column and key.
#include <unistd.h>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class BadInput : public HitchTest {
 protected:
  /// The text is written as it is, so that line numbers are those of the test.
  ProcessResult run_text(const std::string& yaml) {
    bundle.write_file("hitch.yaml", yaml);
    return run({"run", "--", "/bin/true"});
  }
  void expect_refused(const std::string& yaml, const std::string& pattern) {
    const auto result = run_text(yaml);
    EXPECT_TRUE(exited(result, 2));
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(has_line(result.err, pattern));
  }
};

TEST_F(BadInput, NoFileAnywhere) {
  const auto result = run({"run", "--", "/bin/true"}, {.directory = "/"});
  EXPECT_TRUE(failed_saying(result, 2, R"(hitch\.ya?ml)"));
}

TEST_F(BadInput, FileThatDoesNotExist) {
  const auto result = run({"run", "-f", "no-such.yaml", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 2, R"(no-such\.yaml.*No such file or directory)"));
}

TEST_F(BadInput, FileThatCannotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root can read everything";
  const auto path = bundle.write_file("hitch.yaml", "services: {}\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_TRUE(
      failed_saying(run({"run", "--", "/bin/true"}), 2, R"(hitch\.yaml.*Permission denied)"));
}

TEST_F(BadInput, DirectoryInsteadOfAFile) {
  EXPECT_TRUE(failed_saying(run({"run", "-f", "/etc", "--", "/bin/true"}), 2, "/etc.*directory"));
}

TEST_F(BadInput, TextThatIsNoYaml) {
  expect_refused("services:\n  App: {command: [sleep\n", R"(hitch\.yaml:\d+:\d+)");
}

TEST_F(BadInput, UnknownKeyNamesPlacePathAndNearestSpelling) {
  expect_refused("services:\n  App:\n    command: [sleep, '1']\n    enviroment: {A: b}\n",
                 R"(hitch\.yaml:4:5: .*services\.App\.enviroment.*environment)");
}

TEST_F(BadInput, WrongTypeNamesWhatWasExpected) {
  expect_refused("services:\n  App:\n    command: [sleep, '1']\n    startup_timeout: soon\n",
                 R"(hitch\.yaml:4:22: .*services\.App\.startup_timeout.*soon)");
}

TEST_F(BadInput, DuplicateKey) {
  expect_refused("services:\n  App:\n    command: [sleep, '1']\n    command: [sleep, '2']\n",
                 R"(hitch\.yaml:4:5: .*command)");
}

TEST_F(BadInput, AllErrorsAtOnce) {
  const auto result = run_text(
      "services:\n  A: {command: [no-such-program]}\n  B: {command: [sleep, '1'], comand: x}\n"
      "  C: {command: [sleep, '1'], depends_on: [Nobody]}\n");
  EXPECT_TRUE(exited(result, 2));
  EXPECT_TRUE(
      has_line(result.err, R"(hitch\.yaml:2:\d+: .*services\.A\.command.*no-such-program)"));
  EXPECT_TRUE(has_line(result.err, R"(hitch\.yaml:3:\d+: .*services\.B\.comand)"));
  EXPECT_TRUE(has_line(result.err, R"(hitch\.yaml:4:\d+: .*services\.C\.depends_on.*Nobody)"));
}

TEST_F(BadInput, MissingProgram) {
  expect_refused("services:\n  App: {command: [no-such-program]}\n",
                 R"(services\.App\.command.*no-such-program)");
}

TEST_F(BadInput, MissingDirectory) {
  expect_refused("services:\n  App: {command: [sleep, '1'], working_dir: nowhere}\n",
                 R"(services\.App\.working_dir.*nowhere)");
}

TEST_F(BadInput, CycleNamesItsServices) {
  expect_refused(
      "services:\n  Alpha: {command: [sleep, '1'], depends_on: [Beta]}\n"
      "  Beta: {command: [sleep, '1'], depends_on: [Gamma]}\n"
      "  Gamma: {command: [sleep, '1'], depends_on: [Alpha]}\n",
      "Alpha.*Beta.*Gamma|Beta.*Gamma.*Alpha|Gamma.*Alpha.*Beta");
}

TEST_F(BadInput, UnknownDependencyNamesTheNearestOne) {
  expect_refused(
      "services:\n  Postgres: {command: [sleep, '1']}\n"
      "  App: {command: [sleep, '1'], depends_on: [Postgre]}\n",
      R"(services\.App\.depends_on.*Postgre\b.*Postgres)");
}

TEST_F(BadInput, DependencyOnItself) {
  expect_refused("services:\n  App: {command: [sleep, '1'], depends_on: [App]}\n", "App");
}

TEST_F(BadInput, UnsetVariableWithoutADefault) {
  expect_refused("services:\n  App: {command: [sleep, '${NOT_SET}']}\n",
                 R"(hitch\.yaml:2:\d+: .*NOT_SET)");
}

TEST_F(BadInput, RequiredVariableShowsItsMessage) {
  expect_refused("services:\n  App: {command: [sleep, '${TOKEN:?ask your administrator}']}\n",
                 "TOKEN.*ask your administrator");
}

TEST_F(BadInput, ReservedServiceName) {
  expect_refused("services:\n  Hitch: {command: [sleep, '1']}\n", R"(hitch\.yaml:2:3: .*Hitch)");
}

TEST_F(BadInput, KeyAndItsAliasTogether) {
  expect_refused(
      "services:\n  App:\n    command: [sleep, '1']\n    environment: {A: b}\n    env_vars: {A: "
      "c}\n",
      "env_vars.*environment|environment.*env_vars");
}

TEST_F(BadInput, BadRegularExpression) {
  expect_refused("services:\n  App: {command: [sleep, '1'], ready: {log_regex: '(unclosed'}}\n",
                 R"(services\.App\.ready\.log_regex)");
}

TEST_F(BadInput, BadJqFilter) {
  expect_refused("services:\n  App: {command: [sleep, '1'], ready: {json: '.a |'}}\n",
                 R"(services\.App\.ready\.json)");
}

TEST_F(BadInput, MountOverTheKernelsFiles) {
  expect_refused(
      "services:\n  App: {command: [sleep, '1'], tmpfs: /proc}\n",
      R"(hitch\.yaml:2:39: services\.App\.tmpfs\[0\]: nothing can be mounted on '/proc')");
}

TEST_F(BadInput, HostThatTheBundleDoesNotKnow) {
  expect_refused("services:\n  App: {command: [sleep, '1'], ready: {tcp: 'ap:80'}}\n",
                 R"(services\.App\.ready\.tcp: there is no host 'ap'.*did you mean 'App')");
}

TEST_F(BadInput, AsManyVolumesAsAreAllowedFit) {
  constexpr int kMost = 240;  // kMostVolumes, which has to be below kMountSlots by enough
  std::string yaml = "services:\n  App:\n    command: [sleep, '1000']\n    volumes:\n";
  for (int i = 0; i < kMost; ++i) yaml += "      - .:/run/mounted/" + std::to_string(i) + '\n';
  EXPECT_TRUE(exited(run_text(yaml), 0));
  expect_refused(yaml + "      - .:/run/mounted/more\n",
                 R"(hitch\.yaml:245:9: services\.App\.volumes\[240\]: is one too many)");
}

TEST_F(BadInput, UnknownRecipe) {
  expect_refused("services:\n  Db: {recipe: postgress}\n", "postgress.*postgres\\b");
}

TEST_F(BadInput, UnknownServiceOnTheCommandLine) {
  bundle.write("services:\n  Postgres: {command: [sleep, '1']}\n");
  const auto result = run({"run", "Postgre", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 2, "Postgre\\b.*Postgres"));
}

TEST_F(BadInput, EmptyFile) {
  expect_refused("", "hitch");
}

TEST_F(BadInput, NothingIsStartedWhenTheFileIsWrong) {
  expect_refused("services:\n  App: {shell: 'touch started; sleep 9'}\n  B: {comand: x}\n",
                 "comand");
  EXPECT_FALSE(bundle.has_file("started"));
}

TEST_F(BadInput, UserThatNeedsSubordinateIdsIsRefusedWithoutThem) {
  if (::geteuid() == 0) GTEST_SKIP() << "depends on /etc/subuid";
  const auto result = run_text("services:\n  App: {command: [sleep, '1'], user: www-data}\n");
  EXPECT_TRUE(result.code == 2 || result.code == 125) << result.describe();
  EXPECT_THAT(result.err, HasSubstr("www-data"));
}

}  // namespace
}  // namespace hitch::testing
