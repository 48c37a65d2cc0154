// Waits for a time on the wall clock: each ends when the bundle's clock gets there.

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <charconv>
#include <fstream>

#include "clock/clocked_program.h"
#include "clock/sleeping_task.h"

namespace hitch::testing {
namespace {

constexpr std::int64_t kHour = 3600;

struct Wait {
  const char* kind;
  const char* result;       ///< at its deadline
  std::vector<long> calls;  ///< in which it waits
};

void PrintTo(const Wait& wait, std::ostream* out) {
  *out << wait.kind;
}

const std::vector<Wait> kWaits{
    {"sleep", "OK", {SYS_clock_nanosleep}},    {"tai", "OK", {SYS_clock_nanosleep}},
    {"cond", "ETIMEDOUT", {SYS_futex}},        {"sem", "ETIMEDOUT", {SYS_futex}},
    {"mutex", "ETIMEDOUT", {SYS_futex}},       {"pi", "ETIMEDOUT", {SYS_futex}},
    {"futex", "ETIMEDOUT", {SYS_futex}},       {"timerfd", "OK", {SYS_read}},
    {"timer", "OK", {SYS_rt_sigtimedwait}},    {"rwlock", "ETIMEDOUT", {SYS_futex}},
    {"cpp", "ETIMEDOUT", {SYS_futex}},         {"receive", "ETIMEDOUT", {SYS_mq_timedreceive}},
    {"send", "ETIMEDOUT", {SYS_mq_timedsend}}, {"waitv", "ETIMEDOUT", {449}},
};

class WaitsTest : public ::testing::TestWithParam<std::tuple<Wait, RunAs>> {
 protected:
  void SetUp() override {
    if (run_as() == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "runs unprivileged anyway";
  }
  static const Wait& wait() { return std::get<0>(GetParam()); }
  static RunAs run_as() { return std::get<1>(GetParam()); }

  /// Starts the wait, and returns when it has begun.
  static std::unique_ptr<ClockedProgram> begin(const char* kind, std::int64_t ms,
                                               const ClockSetting& setting) {
    auto program = std::make_unique<ClockedProgram>(
        std::vector<std::string>{HITCH_CLOCK_WAITS, kind, std::to_string(ms)},
        ClockedProgram::Options{.run_as = run_as(), .setting = setting});
    EXPECT_EQ(program->read_line(), "waiting");
    return program;
  }
  /// Waits until the program is in one of the wait's system calls and asleep there.
  static void until_it_sleeps(const ClockedProgram& program) {
    const auto deadline = Deadline::in(kPatience);
    while (!deadline.passed()) {
      long number = -1;
      std::string state, ignored;
      std::ifstream("/proc/" + std::to_string(program.pid()) + "/syscall") >> number;
      std::ifstream("/proc/" + std::to_string(program.pid()) + "/stat") >> ignored >> ignored >>
          state;
      for (const long call : wait().calls) {
        if (number == call && state == "S") return;
      }
    }
    ADD_FAILURE() << "the program does not wait";
  }
  /// How long the wait took, in milliseconds, if it ended as it should.
  static std::int64_t end(ClockedProgram& program, const std::string& result) {
    const auto line = program.read_line().value_or("");
    const auto space = line.find(' ');
    EXPECT_EQ(line.substr(0, space), result) << line;
    EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
    EXPECT_EQ(program.wait(), 0);
    return space == line.npos ? -1 : std::stol(line.substr(space));
  }
};

TEST_P(WaitsTest, TakeAsLongAsOnAMachineWhateverTheShift) {
  for (const auto days : {0, 1, -1}) {
    auto program = begin(wait().kind, 200, days == 0 ? ClockSetting() : shifted_by(days * kDay));
    EXPECT_GE(end(*program, wait().result), 199) << days;
  }
}

TEST_P(WaitsTest, EndWhenATravelPassesTheirDeadline) {
  for (const auto& before : {ClockSetting(), shifted_by(-kDay), running_at(2)}) {
    auto program = begin(wait().kind, kHour * 1000, before);
    until_it_sleeps(*program);
    program->set(shifted_by(kDay));
    EXPECT_LT(end(*program, wait().result), kHour * 1000);
  }
}

TEST_P(WaitsTest, GoOnWhenATravelLeadsAwayFromTheirDeadline) {
  auto program = begin(wait().kind, kHour * 1000, shifted_by(10));
  until_it_sleeps(*program);
  program->set(shifted_by(-kDay));
  until_it_sleeps(*program);
  program->set(shifted_by(-2 * kDay));
  until_it_sleeps(*program);
  program->set({});
  until_it_sleeps(*program);
  program->set(shifted_by(2 * kHour));
  EXPECT_LT(end(*program, wait().result), kHour * 1000);
}

TEST_P(WaitsTest, LastAsLongAsTheClockIsFrozen) {
  auto program = begin(wait().kind, 100, frozen_at(1'500'000'000));
  until_it_sleeps(*program);
  program->set(frozen_at(1'400'000'000));
  until_it_sleeps(*program);
  auto going_on = shifted_by(0);
  going_on.shift = difference({1'500'000'000, 0}, real_now());
  program->set(going_on);
  EXPECT_GE(end(*program, wait().result), 100);
}

TEST_P(WaitsTest, AreShorterAtARate) {
  auto program = begin(wait().kind, kHour * 1000, running_at(36'000));
  EXPECT_LT(end(*program, wait().result), kHour * 100);
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Wait, RunAs>>& info) {
  const auto& [wait, run_as] = info.param;
  return std::string(wait.kind) + (run_as == RunAs::kCaller ? "AsCaller" : "AsNobody");
}
INSTANTIATE_TEST_SUITE_P(Clock, WaitsTest,
                         ::testing::Combine(::testing::ValuesIn(kWaits),
                                            ::testing::Values(RunAs::kCaller, RunAs::kNobody)),
                         name_of);

class TimersTest : public ::testing::TestWithParam<RunAs> {
 protected:
  void SetUp() override {
    if (GetParam() == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "is nobody already";
  }
  /// Starts a wait for an hour, and returns when it has begun.
  static std::unique_ptr<ClockedProgram> begin(const char* kind) {
    auto program = std::make_unique<ClockedProgram>(
        std::vector<std::string>{HITCH_CLOCK_WAITS, kind, "3600000"},
        ClockedProgram::Options{.run_as = GetParam(), .setting = shifted_by(-kDay)});
    EXPECT_EQ(program->read_line(), "waiting");
    until_it_sleeps(program->pid());
    return program;
  }
  static void expect_end(ClockedProgram& program, const std::string& result) {
    EXPECT_EQ(program.read_line().value_or("").substr(0, result.size()), result);
    EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
    EXPECT_EQ(program.wait(), 0);
  }
};

TEST_P(TimersTest, OneThatRepeatsKeepsItsGrid) {
  const auto program = begin("interval");
  for (int i = 0; i < 20; ++i) program->set(shifted_by(-kDay + 60 * i));
  program->set(shifted_by(-kDay + kHour + 1));
  EXPECT_EQ(program->read_line(), "first");
  until_it_sleeps(program->pid());
  program->set(shifted_by(-kDay + kHour + kHour / 2));
  until_it_sleeps(program->pid());
  program->set(shifted_by(-kDay + 2 * kHour + 1));
  expect_end(*program, "OK ");
}

TEST_P(TimersTest, OneThatWasSetForASpanDoesNotNotice) {
  const auto program = begin("span");
  program->set(shifted_by(kDay));
  EXPECT_FALSE(ends_or_sleeps(program->pid()));
}

TEST_P(TimersTest, InterruptsAWaitThatATravelHasBegunAnew) {
  const auto program = begin("timer-in-wait");
  for (int i = 0; i < 20; ++i) program->set(shifted_by(-kDay + 60 * i));
  until_it_sleeps(program->pid());  // else the signal may come before the wait
  program->set(shifted_by(-kDay + kHour + 1));
  EXPECT_EQ(program->read_line(), "handled");
  expect_end(*program, "EINTR ");
}

TEST_P(TimersTest, ATravelDoesNotInterruptWhoWaitsForEvents) {
  const auto program = begin("timer-in-epoll");
  for (int i = 0; i < 20; ++i) program->set(shifted_by(-kDay + 60 * i));
  until_it_sleeps(program->pid());
  program->set(shifted_by(-kDay + kHour + 1));
  expect_end(*program, "OK ");
}

TEST_P(TimersTest, NoWaitEndsEarlyThatBeginsDuringATravel) {
  ClockedProgram program({HITCH_CLOCK_WAITS, "woken", "3600000"},
                         {.run_as = GetParam(), .setting = shifted_by(-kDay)});
  EXPECT_EQ(program.read_line(), "waiting");
  for (int i = 0; i < 300; ++i) program.set(shifted_by(-kDay + 10 * i));
  program.set(shifted_by(-kDay + kHour + 1));
  const auto line = program.read_line().value_or("");
  ASSERT_TRUE(line.starts_with("ETIMEDOUT ")) << line;
  EXPECT_GE(std::stoll(line.substr(line.rfind(' '))), 0) << line;
  EXPECT_EQ(program.wait(), 0);
}

std::string run_as_name(const ::testing::TestParamInfo<RunAs>& info) {
  return info.param == RunAs::kCaller ? "AsCaller" : "AsNobody";
}
INSTANTIATE_TEST_SUITE_P(Clock, TimersTest, ::testing::Values(RunAs::kCaller, RunAs::kNobody),
                         run_as_name);

TEST(TracedWaits, SleepsAndTimerDescriptorsFollowATravelUnderStraceToo) {
  if (!is_installed("/usr/bin/strace")) GTEST_SKIP() << "strace is not installed";
  for (const char* kind : {"sleep", "timerfd"}) {
    for (const auto& setting : {ClockSetting(), shifted_by(-kDay)}) {
      ClockedProgram program(
          {"/usr/bin/strace", "-f", "-o", "/dev/null", HITCH_CLOCK_WAITS, kind, "3600000"},
          {.setting = setting});
      EXPECT_EQ(program.read_line(), "waiting");
      program.set(shifted_by(2 * kHour));
      EXPECT_EQ(program.read_line().value_or("").substr(0, 3), "OK ");
      EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
      EXPECT_EQ(program.wait(), 0);
    }
  }
}

TEST(TracedWaits, AWaitThatIsOutOfReachIsSaidOnce) {
  if (!is_installed("/usr/bin/strace")) GTEST_SKIP() << "strace is not installed";
  ClockedProgram program(
      {"/usr/bin/strace", "-f", "-o", "/dev/null", HITCH_CLOCK_WAITS, "cond", "3600000"},
      {.setting = shifted_by(-kDay)});
  EXPECT_EQ(program.read_line(), "waiting");
  // The machine's clock is past it by a day, so it is over at once.
  EXPECT_EQ(program.read_line().value_or("").substr(0, 10), "ETIMEDOUT ");
  ASSERT_EQ(program.news().size(), 1U);
  EXPECT_EQ(program.news()[0].kind, ClockNewsKind::kRealWait);
  EXPECT_STREQ(program.news()[0].step.data(), "trace it");
  EXPECT_STREQ(program.news()[0].name.data(), "waits");
  EXPECT_EQ(program.wait(), 0);
}

}  // namespace
}  // namespace hitch::testing
