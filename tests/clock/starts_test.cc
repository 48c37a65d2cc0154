// Programs that start in unusual ways, or read the clock in unusual ways.

#include <gtest/gtest.h>
#include <time.h>

#include <cerrno>
#include <sstream>

#include "clock/clocked_program.h"

namespace hitch::testing {
namespace {

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
