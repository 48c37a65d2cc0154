// Real programs under the clock: what they see when they start, and what they see of a travel.

#include <gtest/gtest.h>
#include <time.h>

#include "clock/clocked_program.h"

namespace hitch::testing {
namespace {

/// A program that prints the time, in whole seconds, once for each line of input.
struct Reader {
  const char* name;
  const char* path;
  std::vector<std::string> arguments;
};

void PrintTo(const Reader& reader, std::ostream* out) {
  *out << reader.name;
}

const std::vector<Reader> kReaders{
    {"Date", "/bin/sh", {"/bin/sh", "-c", "while read x; do date +%s; done"}},
    {"Bash", "/bin/bash", {"/bin/bash", "-c", "while read x; do echo $EPOCHSECONDS; done"}},
    {"Python",
     "/usr/bin/python3",
     {"/usr/bin/python3", "-uc",
      "import sys,time\nfor l in iter(sys.stdin.readline,''): print(int(time.time()))"}},
    {"Perl",
     "/usr/bin/perl",
     {"/usr/bin/perl", "-e", "$|=1; while (<STDIN>) { print time, \"\\n\" }"}},
    {"Node",
     "/usr/bin/node",
     {"/usr/bin/node", "-e",
      "require('readline').createInterface({input: process.stdin})"
      ".on('line', () => console.log(Math.floor(Date.now() / 1000)))"}},
};

class ReadersTest : public ::testing::TestWithParam<std::tuple<Reader, RunAs>> {
 protected:
  void SetUp() override {
    const auto& [reader, run_as] = GetParam();
    if (!is_installed(reader.path)) GTEST_SKIP() << reader.path << " is not installed";
    if (run_as == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "runs unprivileged anyway";
  }
  /// The program's time less the machine's, in seconds.
  std::int64_t ask(ClockedProgram& program) {
    program.write_input("\n");
    return program.read_number() - ::time(nullptr);
  }
};

TEST_P(ReadersTest, SeesTheTimeAtItsStartAndEachTravel) {
  const auto& [reader, run_as] = GetParam();
  ClockedProgram program(reader.arguments, {.run_as = run_as, .setting = shifted_by(kDay)});
  EXPECT_TRUE(is_near(ask(program), kDay));
  program.set(shifted_by(400 * kDay));
  EXPECT_TRUE(is_near(ask(program), 400 * kDay));
  program.set(shifted_by(-20 * kDay));
  EXPECT_TRUE(is_near(ask(program), -20 * kDay));
  program.set({});
  EXPECT_TRUE(is_near(ask(program), 0));
  program.set(running_at(1000, 10));
  const auto before = ask(program);
  EXPECT_GE(before, 9);
  program.set(frozen_at(1'000'000'000));
  EXPECT_EQ(ask(program) + ::time(nullptr), 1'000'000'000);
  EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
  EXPECT_EQ(program.wait(), 0);
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Reader, RunAs>>& info) {
  const auto& [reader, run_as] = info.param;
  return std::string(reader.name) + (run_as == RunAs::kCaller ? "AsCaller" : "AsNobody");
}
INSTANTIATE_TEST_SUITE_P(Clock, ReadersTest,
                         ::testing::Combine(::testing::ValuesIn(kReaders),
                                            ::testing::Values(RunAs::kCaller, RunAs::kNobody)),
                         name_of);

}  // namespace
}  // namespace hitch::testing
