// Services that do what they like. Each test's TearDown looks for what is left of them.
#include <algorithm>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Misbehaving : public HitchTest {};

TEST_F(Misbehaving, DaemonOfAServiceDoesNotSurvive) {
  bundle.write("services:\n  App: {command: ['@double_fork@'], ready: daemon}\n");
  const auto result = run_script("pidof double_fork | wc -w");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "2\n") << "the daemon should live as long as the bundle";
}

TEST_F(Misbehaving, DaemonOfTheCommandDoesNotSurviveNorDelayTheEnd) {
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  const auto result = run({"run", "--", "@double_fork@", "--exit"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("daemon"));
}

TEST_F(Misbehaving, ServiceThatIgnoresEverySignalDoesNotSurvive) {
  bundle.write(R"(
services:
  App: {command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 100ms}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Misbehaving, ChainOfForksDoesNotSurvive) {
  bundle.write("services:\n  App: {command: ['@fork_forever@'], ready: forking}\n");
  EXPECT_TRUE(exited(run_script("sleep 0.2"), 0));
}

TEST_F(Misbehaving, ThousandProcessesEndWithTheBundle) {
  bundle.write("services:\n  App: {command: ['@many_processes@', '1000'], ready: spawned 1000}\n");
  const auto result = run_script("pidof many_processes | wc -w");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "1001\n");
}

TEST_F(Misbehaving, ZombiesAreReaped) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const auto result = run_script(
      "for i in 1 2 3 4 5; do (sleep 0 & exec true); done; "
      "while grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.01; done; echo none");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("none"));
}

TEST_F(Misbehaving, MebibyteWithoutANewlineArrivesWholeAndOnce) {
  bundle.write("services:\n  App: {command: ['@long_line@', --then, up, --stay], ready: up}\n");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_EQ(result.code, 0);
  std::ptrdiff_t letters = 0;
  for (const auto& line : lines_of(result.err)) {
    if (line.find(" App] ") == line.npos) continue;
    letters += std::count(line.begin(), line.end(), 'x');
  }
  EXPECT_EQ(letters, 1 << 20);
}

TEST_F(Misbehaving, LongLineWithoutANewlineAtTheEndIsNotLost) {
  bundle.write(R"(
services:
  App: {kind: task, command: ["@long_line@", --bytes, "300000"]}
)");
  const auto result = run({"run"});
  EXPECT_EQ(result.code, 0);
  std::ptrdiff_t letters = 0;
  for (const auto& line : lines_of(result.out)) {
    if (line.find(" App] ") == line.npos) continue;
    letters += std::count(line.begin(), line.end(), 'x');
  }
  EXPECT_EQ(letters, 300000);
}

TEST_F(Misbehaving, BinaryOutputIsKeptInAPipe) {
  bundle.write("services:\n  App: {kind: task, command: ['@binary_output@']}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr(std::string("nul:\0:", 6)));
  EXPECT_THAT(result.out, HasSubstr("utf8:\xff\xfe\xc3:"));
  EXPECT_TRUE(has_line(result.out, R"(^\[ *App\] done$)"));
}

TEST_F(Misbehaving, ControlCharactersAreHarmlessOnATerminal) {
  bundle.write("services:\n  App: {kind: task, command: ['@binary_output@']}\n");
  RunOptions options{.stdio = Stdio::kTerminal};
  options.environment["TERM"] = "xterm";
  const auto result = run({"run"}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b]0;"))) << "it may set the title";
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b[2J"))) << "it may clear the screen";
  EXPECT_THAT(result.out, Not(HasSubstr("\x07")));
  EXPECT_THAT(result.out, Not(HasSubstr("\xc2\x9b"))) << "C1 is an escape as well";
  EXPECT_THAT(result.out, Not(HasSubstr("\rFORGED"))) << "it may overwrite the prefix";
  EXPECT_THAT(result.out, HasSubstr("owned")) << "the text itself should be shown";
}

TEST_F(Misbehaving, NoLineOfAFastServiceIsLostOrCut) {
  bundle.write(R"(
services:
  App: {kind: task, command: ["@echo_lines@", --count, "100000", --length, "100"]}
)");
  const auto result = run({"run"});
  EXPECT_EQ(result.code, 0);
  const auto lines = lines_of(result.out);
  int expected = 1;
  for (const auto& line : lines) {
    const auto at = line.find("line ");
    if (at == line.npos) continue;
    const std::string text = line.substr(at);
    ASSERT_EQ(text.size(), 100U) << line;
    ASSERT_EQ(std::stoi(text.substr(5)), expected) << line;
    ++expected;
  }
  EXPECT_EQ(expected, 100001);
}

TEST_F(Misbehaving, LinesOfTwoServicesNeverMix) {
  bundle.write(R"(
services:
  A: {kind: task, command: ["@echo_lines@", --count, "20000", --text, aaaaaaaaaaaaaaaaaaaaaaaa]}
  B: {kind: task, command: ["@echo_lines@", --count, "20000", --text, bbbbbbbbbbbbbbbbbbbbbbbb]}
)");
  const auto result = run({"run"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(count_lines(result.out, R"(^\[ *A\] a{24}$)"), 20000);
  EXPECT_EQ(count_lines(result.out, R"(^\[ *B\] b{24}$)"), 20000);
}

TEST_F(Misbehaving, ServiceThatClosesItsOutputGoesOn) {
  bundle.write(R"(
services:
  App: {shell: "echo up; exec >&- 2>&-; sleep 1000", ready: up}
)");
  EXPECT_TRUE(exited(run_script("sleep 0.2; exit 3"), 3));
}

TEST_F(Misbehaving, FrozenServiceDiesWithTheBundle) {
  bundle.write(R"(
services:
  App: {command: ["@stopped_self@"], ready: stopping, stop_grace_period: 200ms}
  Chain: {command: ["@fork_forever@"], ready: forking}
  Daemon: {command: ["@double_fork@"], ready: daemon, stop_grace_period: 200ms}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

}  // namespace
}  // namespace hitch::testing
