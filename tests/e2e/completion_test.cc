// `hitch completion`: what shells offer while a line is typed.
#include <cstdlib>
#include <filesystem>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

bool is_installed(const std::string& shell) {
  return std::filesystem::exists("/usr/bin/" + shell) || std::filesystem::exists("/bin/" + shell);
}

class Completion : public HitchTest {
 protected:
  /// The words offered for a line, one a line.
  std::string offered(const std::vector<std::string>& words) {
    std::vector<std::string> arguments{"completion", "--next", "--"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto result = run(arguments);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.err, "");
    std::string text;
    for (const auto& line : lines_of(result.out)) text += line.substr(0, line.find('\t')) + '\n';
    return text;
  }

  void expect_accepted_by(const std::string& shell) {
    if (!is_installed(shell)) GTEST_SKIP() << "no " << shell << " here";
    RunOptions checked;
    checked.prefix = {
        "/bin/bash", "-c",
        R"(f=$(mktemp) && "$@" >"$f" && )" + shell + R"( -n "$f"; s=$?; rm "$f"; exit $s)",
        "check"};
    const auto result = run({"completion", shell}, checked);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.err, "");
  }

  /// What a real bash makes of a line's words.
  std::string offered_by_bash(const std::string& words) {
    RunOptions options;
    options.prefix = {"/bin/bash", "-c",
                      "source <(\"$0\" completion bash); COMP_WORDS=(\"$0\" " + words +
                          R"(); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _hitch
                          printf '%s\n' "${COMPREPLY[@]}")"};
    const auto result = run({}, options);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.err, "");
    return result.out;
  }
};

TEST_F(Completion, BashAcceptsItsScript) {
  expect_accepted_by("bash");
}
TEST_F(Completion, ZshAcceptsItsScript) {
  expect_accepted_by("zsh");
}
TEST_F(Completion, FishAcceptsItsScript) {
  expect_accepted_by("fish");
}

TEST_F(Completion, BashCompletesACommand) {
  EXPECT_EQ(offered_by_bash("ru"), "run\n");
}

TEST_F(Completion, BashCompletesServicesOfTheFile) {
  bundle.write_file("other.yaml", "services: {Web: {command: 'true'}, Db: {command: 'true'}}\n");
  EXPECT_EQ(offered_by_bash("-f other.yaml logs W"), "Web\n");
  EXPECT_EQ(offered_by_bash("-f oth"), "other.yaml\n");
}

TEST_F(Completion, BashSplitsAValueFromItsOption) {
  EXPECT_EQ(offered_by_bash("--color = al"), "always\n");
}

TEST_F(Completion, OptionsOfACommandComeWithTheirHelp) {
  EXPECT_EQ(offered({"logs", "--until-"}), "--until-regex\n--until-json\n");
  const auto result = run({"completion", "--next", "--", "run", "--no-"});
  EXPECT_THAT(result.out, HasSubstr("--no-cache\tPrepare data"));
}

TEST_F(Completion, AnOptionOfACommandHidesThatOfAll) {
  bundle.write("services: {Web: {command: 'true'}}\n");
  EXPECT_EQ(offered({"logs", "-f", ""}), "Web\n");
  EXPECT_EQ(offered({"run", "-f", ""}), ":files\n");
}

TEST_F(Completion, BehindTheDashesThereIsAProgram) {
  EXPECT_EQ(offered({"run", "--", "l"}), ":program 2\n");
  EXPECT_EQ(offered({"exec", "-t", "Web", "l"}), ":program 3\n");
  EXPECT_EQ(offered({"exec", "Web", "ls", "-"}), ":program 2\n");
}

TEST_F(Completion, ABrokenFileIsNothingToComplainOf) {
  bundle.write("services: [\n");
  EXPECT_EQ(offered({"run", ""}), "");
}

TEST_F(Completion, AnUnknownShellIsRefused) {
  const auto result = run({"completion", "tcsh"});
  EXPECT_TRUE(failed_saying(result, 2, "tcsh not in"));
}

}  // namespace
}  // namespace hitch::testing
