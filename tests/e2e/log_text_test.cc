// The log on screen, to the letter: prefixes, colours, the READY line, the failure report.
#include <regex>

#include "e2e/golden.h"
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LogText : public HitchTest {
 protected:
  std::string normal(const std::string& text) const {
    return normalised(text, bundle.root().string());
  }
  static std::string lines_with(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::string kept;
    for (const auto& line : lines_of(text)) {
      if (std::regex_search(line, expression)) kept += line + '\n';
    }
    return kept;
  }
  void write_two_tasks() {
    bundle.write(R"(
services:
  Django:
    kind: task
    shell: "echo to out; echo to err >&2"
    setup: [[echo, preparing]]
  Db: {kind: task, command: [echo, rows], depends_on: [Django]}
)");
  }
};

TEST_F(LogText, PrefixesAreRightAlignedToTheLongestName) {
  write_two_tasks();
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(lines_with(result.out, "preparing"), "[ Setup Django] preparing\n");
  EXPECT_EQ(lines_with(result.out, "to out"), "[       Django] to out\n");
  EXPECT_EQ(lines_with(result.out, "to err"), "[   Err Django] to err\n");
  EXPECT_EQ(lines_with(result.out, "rows"), "[           Db] rows\n");
}

TEST_F(LogText, ReadyLineIsHitchsOwn) {
  bundle.write("services:\n  Django: {command: ['@echo_lines@', --stay], ready: line}\n");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(lines_with(normal(result.err), "READY"), "[        Hitch] READY in <seconds>.\n");
}

TEST_F(LogText, EmptyLinesAndLeadingBlanksAreKept) {
  bundle.write("services:\n  Django: {kind: task, command: [printf, 'a\\n\\n  b\\n']}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("\\[       Django\\] a\n"
                                                   "\\[       Django\\] ?\n"
                                                   "\\[       Django\\]   b\n"));
}

TEST_F(LogText, LastLineWithoutANewlineEndsWithOne) {
  bundle.write("services:\n  Django: {kind: task, command: [printf, 'no newline']}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("[       Django] no newline\n"));
}

TEST_F(LogText, PipesGetNoColours) {
  write_two_tasks();
  const auto result = run({"run"});
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b[")));
}

TEST_F(LogText, ErrorsAreYellowOnATerminal) {
  write_two_tasks();
  RunOptions options{.stdio = Stdio::kTerminal};
  options.environment["TERM"] = "xterm-256color";
  const auto result = run({"run"}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "\x1b\\[(1;|0;)?33m.*to err"));
  EXPECT_FALSE(has_line(result.out, "\x1b\\[(1;|0;)?33m.*to out"));
}

TEST_F(LogText, NoColorIsHonouredOnATerminal) {
  write_two_tasks();
  RunOptions options{.stdio = Stdio::kTerminal};
  options.environment = {{"TERM", "xterm-256color"}, {"NO_COLOR", "1"}};
  EXPECT_THAT(run({"run"}, options).out, Not(HasSubstr("\x1b[")));
}

TEST_F(LogText, ColourMayBeForced) {
  write_two_tasks();
  EXPECT_THAT(run({"--color", "always", "run"}).out, HasSubstr("\x1b["));
  EXPECT_THAT(run({"run"}, {.environment = {{"CLICOLOR_FORCE", "1"}}}).out, HasSubstr("\x1b["));
  EXPECT_THAT(run({"run"}, {.environment = {{"HITCH_COLOR", "always"}}}).out, HasSubstr("\x1b["));
}

TEST_F(LogText, JsonFormatIsOneObjectALine) {
  write_two_tasks();
  const auto result = run({"--format", "json", "run"});
  EXPECT_TRUE(exited(result, 0));
  for (const auto& line : lines_of(result.out)) {
    EXPECT_TRUE(line.front() == '{' && line.back() == '}') << line;
  }
  EXPECT_TRUE(has_line(result.out, R"("service": ?"Django")"));
  EXPECT_TRUE(has_line(result.out, R"(to err)"));
}

TEST_F(LogText, TimeoutReportNamesServiceConditionTimeAndLines) {
  bundle.write(R"(
services:
  Django: {command: ["@echo_lines@", --count, "3", --stay], ready: {log: Quit, timeout: 2s}}
)");
  const auto result = run({"run", "-q", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 124, "Django"));
  EXPECT_THAT(result.err, HasSubstr("Quit"));
  EXPECT_TRUE(has_line(result.err, R"(2 ?s|2\.0 seconds)"));
  EXPECT_THAT(result.err, HasSubstr("line 1"));
  EXPECT_THAT(result.err, HasSubstr("line 3"));
}

TEST_F(LogText, LastLineSaysWhyAndStartsWithHitch) {
  bundle.write("services:\n  Django: {kind: task, shell: 'exit 3'}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(failed_saying(result, 125, R"(^(hitch: |\[ *Hitch\] ).*Django.*3)"));
}

}  // namespace
}  // namespace hitch::testing
