// Rows 6 and 7 of the checklist: dangerous system calls, and terminals; and what a bundle changes
// about the filter.
#include <fstream>
#include <regex>
#include <set>

#include "hardening/hardening_test.h"

namespace hitch::testing {
namespace {

using namespace defence;
using ::testing::HasSubstr;
using ::testing::Not;

#if defined(__x86_64__)

/// "x86_64 165 mount EPERM" without the name, which is for people.
std::string without_name(const std::string& line) {
  const auto number = line.find(' ') + 1, name = line.find(' ', number) + 1;
  const auto rest = line.find(' ', name);
  return rest == line.npos ? line : line.substr(0, name) + line.substr(rest + 1);
}

std::set<std::string> golden() {
  // Written by golden_calls.py; the names are for people.
  constexpr std::string_view kTable =
#include "hardening/refused_calls.inc"
      ;
  std::set<std::string> lines;
  for (const auto& line : lines_of(std::string(kTable))) {
    if (!line.empty()) lines.insert(without_name(line));
  }
  return lines;
}

std::set<std::string> lines_in(const std::string& report) {
  std::set<std::string> lines;
  for (const auto& line : lines_of(report)) {
    if (line.starts_with("x") || line.starts_with("i386")) lines.insert(line);
  }
  return lines;
}

std::string difference(const std::set<std::string>& wanted, const std::set<std::string>& found) {
  std::string text;
  for (const auto& line : wanted) {
    if (found.count(line) == 0) text += "- " + line + '\n';
  }
  for (const auto& line : found) {
    if (wanted.count(line) == 0) text += "+ " + line + '\n';
  }
  return text;
}

class SystemCalls : public HardeningTest {};

TEST_F(SystemCalls, Row6EachNumberOfEachAbiIsAsInTheGoldenTable) {
  const auto found = lines_in(attack("@every_call@"));
  EXPECT_GT(found.size(), 100U);
  EXPECT_EQ(difference(golden(), found), "");
}

TEST_F(SystemCalls, Row6WithoutTheFilterNothingIsRefused) {
  for (const auto& line : lines_in(attack("@every_call@", {kFilter}))) {
    EXPECT_TRUE(line.ends_with(" ENOSYS")) << line;
  }
}

TEST_F(SystemCalls, Row6TheListIsTheSameWithAClock) {
  const auto found = lines_in(attack_in("clock: {start: '2015-07-11'}\n", "@every_call@"));
  std::string refused;
  for (const auto& line : golden()) {
    if (found.count(line) == 0) refused += line + '\n';
  }
  EXPECT_EQ(refused, "");
}

TEST_F(SystemCalls, BundlesAllowAndDeny) {
  const auto found = lines_in(attack_in(
      "seccomp: {allow: [io_uring_setup, bpf, ioctl], deny: [getcwd, bpf]}\n", "@every_call@"));
  EXPECT_EQ(difference(golden(), found),
            "- i386 425 EPERM\n"
            "- i386 54 ioctl TIOCSTI EPERM\n"
            "- x32 425 EPERM\n"
            "- x86_64 16 TIOCLINUX EPERM\n"
            "- x86_64 16 TIOCLINUX+high EPERM\n"
            "- x86_64 16 TIOCSTI EPERM\n"
            "- x86_64 16 TIOCSTI+high EPERM\n"
            "- x86_64 425 EPERM\n"
            "+ i386 183 EPERM\n"
            "+ i386 54 ioctl TIOCSTI ENOSYS\n"
            "+ x32 79 EPERM\n"
            "+ x86_64 16 TIOCLINUX ENOSYS\n"
            "+ x86_64 16 TIOCLINUX+high ENOSYS\n"
            "+ x86_64 16 TIOCSTI ENOSYS\n"
            "+ x86_64 16 TIOCSTI+high ENOSYS\n"
            "+ x86_64 79 EPERM\n");
}

#endif

TEST_F(HardeningTest, SystemCallsThatAreNotThereAreMistakes) {
  bundle.write("seccomp: {allow: [io_uring_setp]}\nservices: {A: {command: ['true']}}\n");
  EXPECT_TRUE(failed_saying(run({"run"}), 2,
                            "seccomp.allow.*no system call 'io_uring_setp', did you mean "
                            "'io_uring_setup'"));
}

TEST_F(HardeningTest, SystemCallsThatInitNeedsCannotBeDenied) {
  bundle.write("seccomp: {deny: [ptrace, clone3, close]}\nservices: {A: {command: ['true']}}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("seccomp.deny: 'close' cannot be denied: the bundle's init"));
  EXPECT_THAT(result.err, HasSubstr("'clone3' cannot be denied"));
  EXPECT_THAT(result.err, Not(HasSubstr("ptrace")));
}

class Terminal : public HardeningTest {};

TEST_F(Terminal, Row7TheCallersTerminalCannotBeTypedInto) {
  const std::vector<std::string> requests{"tiocsti", "tiocsti_high"};
  bundle.write("services: {Idle: {command: [sleep, '1000']}}\n");
  const auto report = [&](const std::vector<Defence>& off) {
    return run({"run", "-q", "--", "@try_tiocsti@"},
               {.stdio = Stdio::kTerminal, .prefix = without(off)})
        .out;
  };
  // The letter that was typed is shown in front of what comes next.
  const auto clean = [](std::string text) {
    std::erase(text, '\r');
    return std::regex_replace(text, std::regex("xt"), "t");
  };
  EXPECT_TRUE(answers(clean(report({})), requests, "EPERM"));
  std::ifstream setting("/proc/sys/dev/tty/legacy_tiocsti");
  int legacy = 1;
  if ((setting >> legacy) && legacy == 0) GTEST_SKIP() << "this kernel refuses it to everybody";
  EXPECT_TRUE(answers(clean(report({kFilter})), requests, "ok"));
}

TEST_F(Terminal, Row7ServicesHaveNone) {
  bundle.write(
      "services: {Bad: {kind: task, command: [sh, -c, '(: </dev/tty) && echo has one; true']}}\n");
  const auto out = [&](const std::vector<Defence>& off) {
    return run({"run"}, {.stdio = Stdio::kTerminal, .prefix = without(off)}).out;
  };
  EXPECT_THAT(out({}), Not(HasSubstr("has one")));
}

}  // namespace
}  // namespace hitch::testing
