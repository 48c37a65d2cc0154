// Programs that start in unusual ways, or read the clock in unusual ways.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "clock/clocked_program.h"

namespace hitch::testing {
namespace {

using Command = std::vector<std::string>;

std::int64_t monotonic_seconds() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/// Checks one line of `reads`: everything but the last number is the wall clock.
void expect_line(const std::string& line, std::int64_t shift) {
  std::istringstream numbers(line);
  std::vector<std::int64_t> seen;
  for (std::int64_t number = 0; numbers >> number;) seen.push_back(number);
  ASSERT_EQ(seen.size(), 14U) << line;
  timespec alarm{};
  const bool has_alarm = ::clock_gettime(CLOCK_REALTIME_ALARM, &alarm) == 0;
  for (std::size_t i = 0; i + 1 < seen.size(); ++i) {
    if (i >= 11 && !has_alarm) {  // a machine without a clock that could wake it
      EXPECT_EQ(seen[i], -EINVAL);
      continue;
    }
    EXPECT_TRUE(is_near(seen[i], ::time(nullptr) + shift)) << "reading " << i;
  }
  EXPECT_TRUE(is_near(seen.back(), monotonic_seconds()));
}

class ReadsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ReadsTest, EveryWayToReadTheWallClockIsShiftedAndTheMonotonicClockIsNot) {
  ClockedProgram program({GetParam()}, {.setting = shifted_by(kDay)});
  for (const auto shift : {kDay, -kDay, std::int64_t{0}}) {
    program.set(shift == 0 ? ClockSetting() : shifted_by(shift));
    program.write_input("\n");
    expect_line(program.read_line().value_or(""), shift);
  }
  EXPECT_TRUE(program.news().empty());
  EXPECT_EQ(program.wait(), 0);
}

std::string linked_how(const ::testing::TestParamInfo<const char*>& info) {
  const std::string path = info.param;
  return path.ends_with("dynamic") ? "Dynamic" : path.ends_with("pie") ? "StaticPie" : "Static";
}
INSTANTIATE_TEST_SUITE_P(Clock, ReadsTest,
                         ::testing::Values(HITCH_CLOCK_READS, HITCH_CLOCK_READS_DYNAMIC,
                                           HITCH_CLOCK_READS_STATIC_PIE),
                         linked_how);

struct Start {
  const char* name;
  Command command;  ///< prints the time as its last line
  const char* needs = "/bin/sh";
};

void PrintTo(const Start& start, std::ostream* out) {
  *out << start.name;
}

const std::vector<Start> kStarts{
    {"FromAThread", {HITCH_CLOCK_STARTS, "thread", "/bin/date", "+%s"}},
    {"BySpawn", {HITCH_CLOCK_STARTS, "spawn", "/bin/date", "+%s"}},
    {"AfterFailures", {HITCH_CLOCK_STARTS, "failures", "/bin/date", "+%s"}},
    {"Bare", {HITCH_CLOCK_STARTS, "bare", "/bin/date", "+%s"}},
    {"WithoutADescriptor", {HITCH_CLOCK_STARTS, "descriptors", HITCH_CLOCK_WITHOUT_LIBC}},
    {"SandboxedBeforeItsFirstReading", {HITCH_CLOCK_STARTS, "sandbox"}},
    {"WithoutLibc", {HITCH_CLOCK_WITHOUT_LIBC}},
    {"Script", {"/bin/sh", "-c", "sh -c 'exec env -i /bin/date +%s'"}},
    {"Grandchild", {"/bin/sh", "-c", "(sh -c '(date +%s) & wait')"}},
    {"LittleMemory", {"/bin/bash", "-c", "ulimit -v 20000; date +%s"}},
    {"Fork",
     {"/usr/bin/python3", "-c",
      "import os,time\nif os.fork(): os.wait()\nelse: print(int(time.time()))"},
     "/usr/bin/python3"},
    {"UnderStrace",
     {"/usr/bin/strace", "-f", "-o", "/dev/null", "/bin/date", "+%s"},
     "/usr/bin/strace"},
    {"UnderGdb",
     {"/usr/bin/gdb", "-nx", "-batch", "-q", "-iex", "set debuginfod enabled off", "-ex", "run",
      "--args", HITCH_CLOCK_WITHOUT_LIBC},
     "/usr/bin/gdb"},
    {"UnderValgrind",
     {"/usr/bin/valgrind", "-q", "--tool=none", "/bin/date", "+%s"},
     "/usr/bin/valgrind"},
    {"Awk", {"/usr/bin/awk", "BEGIN { srand(); print srand() }"}, "/usr/bin/awk"},
    {"Ruby", {"/usr/bin/ruby", "-e", "puts Time.now.to_i"}, "/usr/bin/ruby"},
};

class StartsTest : public ::testing::TestWithParam<std::tuple<Start, RunAs>> {
 protected:
  void SetUp() override {
    const auto& [start, run_as] = GetParam();
    if (!is_installed(start.needs)) GTEST_SKIP() << start.needs << " is not installed";
    if (run_as == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "runs unprivileged anyway";
  }
};

TEST_P(StartsTest, SeesTheBundlesTime) {
  const auto& [start, run_as] = GetParam();
  ClockedProgram program(start.command, {.run_as = run_as, .setting = shifted_by(400 * kDay)});
  const auto output = program.read_rest();
  bool seen = false;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    seen = seen || is_near(std::atol(line.c_str()), ::time(nullptr) + 400 * kDay);
  }
  EXPECT_TRUE(seen) << output;
  EXPECT_EQ(program.wait(), 0);
}

std::string start_name(const ::testing::TestParamInfo<std::tuple<Start, RunAs>>& info) {
  const auto& [start, run_as] = info.param;
  return std::string(start.name) + (run_as == RunAs::kCaller ? "AsCaller" : "AsNobody");
}
INSTANTIATE_TEST_SUITE_P(Clock, StartsTest,
                         ::testing::Combine(::testing::ValuesIn(kStarts),
                                            ::testing::Values(RunAs::kCaller, RunAs::kNobody)),
                         start_name);

TEST(Starts, AProgramThatCannotGetThePageIsSlowAndSaid) {
  ClockedProgram program({HITCH_CLOCK_STARTS, "descriptors", HITCH_CLOCK_WITHOUT_LIBC},
                         {.setting = shifted_by(kDay)});
  EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr) + kDay));
  EXPECT_EQ(program.wait(), 0);
  ASSERT_EQ(program.news().size(), 1U);
  EXPECT_EQ(program.news()[0].kind, ClockNewsKind::kSlow);
  EXPECT_EQ(program.news()[0].err, EMFILE);
  EXPECT_STREQ(program.news()[0].step.data(), "give it the clock page");
}

class NamespacesTest : public ::testing::TestWithParam<RunAs> {
 protected:
  void SetUp() override {
    if (GetParam() == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "is nobody already";
  }
};

TEST_P(NamespacesTest, AProgramInsideSeesTheTime) {
  ClockedProgram program(
      {"/bin/sh", "-c", "while read x; do (date +%s); done"},
      {.run_as = GetParam(), .setting = shifted_by(kDay), .in_namespaces = true});
  for (const auto shift : {kDay, -kDay}) {
    program.set(shifted_by(shift));
    program.write_input("\n");
    EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr) + shift));
  }
  EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
  EXPECT_EQ(program.wait(), 0);
}

TEST_P(NamespacesTest, WaitsInsideFollowATravel) {
  for (const char* kind : {"sleep", "cond", "timerfd"}) {
    ClockedProgram program({HITCH_CLOCK_WAITS, kind, "3600000"},
                           {.run_as = GetParam(), .in_namespaces = true});
    EXPECT_EQ(program.read_line(), "waiting");
    program.set(shifted_by(1800));
    program.set(shifted_by(kDay));
    EXPECT_TRUE(program.read_line().has_value());
    EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
    EXPECT_EQ(program.wait(), 0);
  }
}

std::string run_as_name(const ::testing::TestParamInfo<RunAs>& info) {
  return info.param == RunAs::kCaller ? "AsCaller" : "AsNobody";
}
INSTANTIATE_TEST_SUITE_P(Clock, NamespacesTest, ::testing::Values(RunAs::kCaller, RunAs::kNobody),
                         run_as_name);

TEST(Starts, AProgramThatNobodyMayReadSeesRealTimeAndIsSaid) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a program of somebody else";
  std::string path = ::testing::TempDir() + "hitch-clock-XXXXXX";
  UniqueFd made(::mkstemp(path.data()));
  ASSERT_TRUE(made.is_open());
  made.reset();  // what is open to be written cannot be executed
  std::ofstream(path) << std::ifstream(HITCH_CLOCK_WITHOUT_LIBC).rdbuf();
  ASSERT_EQ(::chmod(path.c_str(), 0711), 0);
  ClockedProgram program({"/bin/sh", "-c", path},
                         {.run_as = RunAs::kNobody, .setting = shifted_by(kDay)});
  EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr)));
  EXPECT_EQ(program.wait(), 0);
  ::unlink(path.c_str());
  ASSERT_EQ(program.news().size(), 1U);
  EXPECT_EQ(program.news()[0].kind, ClockNewsKind::kUntouched);
  EXPECT_STREQ(program.news()[0].step.data(), "find its vDSO");
}

TEST(Starts, ARunningProgramKeepsItsTimeWhenTheResponderDies) {
  ClockedProgram program({"/bin/bash", "-c", "while read x; do echo $EPOCHSECONDS; done"},
                         {.setting = shifted_by(kDay)});
  program.write_input("\n");
  EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr) + kDay));
  program.kill_responder();
  program.write_input("\n");
  EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr) + kDay));
  EXPECT_EQ(program.wait(), 0);
}

TEST(Starts, TheFilterStillRefusesWhatABundleMayNotDo) {
  ClockedProgram program({"/usr/bin/unshare", "-U", "/bin/true"}, {.setting = shifted_by(kDay)});
  EXPECT_NE(program.wait(), 0);
}

}  // namespace
}  // namespace hitch::testing
