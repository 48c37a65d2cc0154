// Many travels while many read and start.

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

#include "clock/clocked_program.h"

namespace hitch::testing {
namespace {

TEST(Stress, NoReadingIsTornOrStaleWhileTheClockJumps) {
  constexpr std::int64_t kStep = 1'000'000;  // what `brackets` expects shifts to be multiples of
  constexpr int kTravels = 3000;
  ClockedProgram program({HITCH_CLOCK_BRACKETS});
  ASSERT_EQ(program.read_line(), "reading");
  for (int i = 1; i <= kTravels; ++i) program.set(shifted_by(kStep * i));
  EXPECT_TRUE(program.news().empty());
  program.close_input();
  std::istringstream numbers(program.read_line().value_or(""));
  long reads = 0, torn = -1, stale = -1;
  numbers >> reads >> torn >> stale;
  EXPECT_GT(reads, 10'000);
  EXPECT_EQ(torn, 0) << "of " << reads;
  EXPECT_EQ(stale, 0) << "of " << reads;
  std::cout << kTravels << " travels, " << reads << " readings\n";
  EXPECT_EQ(program.wait(), 0);
}

TEST(Stress, ManyProgramsAtOnceSeeTheTimeAtEachTravel) {
  ClockedProgram program(
      {"/bin/sh", "-c",
       "for i in 1 2 3 4; do (for j in $(seq 100); do /bin/date +%s; done) & done; "
       "wait"},
      {.setting = shifted_by(400 * kDay)});
  for (int i = 0; i < 300; ++i) program.set(shifted_by((400 + i % 2) * kDay));
  std::istringstream lines(program.read_rest());
  int count = 0;
  const auto now = real_now().sec;
  for (std::int64_t seen = 0; lines >> seen; ++count) {
    EXPECT_TRUE(is_near(seen, now + 400 * kDay) || is_near(seen, now + 401 * kDay)) << seen;
  }
  EXPECT_EQ(count, 400);
  EXPECT_TRUE(program.news().empty());
  EXPECT_EQ(program.wait(), 0);
}

}  // namespace
}  // namespace hitch::testing
