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
    {"Java", "/usr/bin/javac", {"/usr/bin/java", HITCH_CLOCK_READER_JAVA}},
    {"Go", HITCH_CLOCK_READER_GO, {HITCH_CLOCK_READER_GO}},
    {"Redis",
     "/usr/bin/redis-server",
     {"/bin/sh", "-c",
      "d=$(mktemp -d); s=$d/socket; cd $d\n"
      "redis-server --port 0 --unixsocket $s --save '' --logfile $d/log &\n"
      "until redis-cli -s $s ping >/dev/null 2>&1; do :; done\n"
      "while read x; do redis-cli -s $s time | head -n 1; done\n"
      "redis-cli -s $s shutdown; wait; rm -r $d"}},
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

TEST(Programs, TimersOfNodeDoNotNoticeATravel) {
  if (!is_installed("/usr/bin/node")) GTEST_SKIP() << "node is not installed";
  for (const auto shift : {kDay, -kDay}) {
    ClockedProgram program({"/usr/bin/node", "-e",
                            "const s = process.hrtime.bigint();"
                            "setTimeout(() => console.log(process.hrtime.bigint() - s), 200);"
                            "console.log('waiting')"});
    ASSERT_EQ(program.read_line(), "waiting");
    program.set(shifted_by(shift));
    const auto nanos = program.read_number();
    EXPECT_GE(nanos, 199'000'000);
    EXPECT_LT(nanos, kDay * 1'000'000'000);
    EXPECT_EQ(program.wait(), 0);
  }
}

TEST(Programs, KeysOfRedisExpireByTheBundlesTime) {
  if (!is_installed("/usr/bin/redis-server")) GTEST_SKIP() << "redis is not installed";
  ClockedProgram program({"/bin/sh", "-c",
                          "d=$(mktemp -d); s=$d/socket; cd $d\n"
                          "redis-server --port 0 --unixsocket $s --save '' --logfile $d/log &\n"
                          "until redis-cli -s $s ping >/dev/null 2>&1; do :; done\n"
                          "redis-cli -s $s set key value EX 3600\n"
                          "while read x; do redis-cli -s $s exists key; done\n"
                          "redis-cli -s $s shutdown; wait; rm -r $d"});
  ASSERT_EQ(program.read_line(), "OK");
  program.write_input("\n");
  EXPECT_EQ(program.read_number(), 1);
  program.set(shifted_by(7200));
  program.write_input("\n");
  EXPECT_EQ(program.read_number(), 0);
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
