#include "runtime/base/patience.h"

#include <gtest/gtest.h>

namespace hitch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Patience, IsOverWhenItsSpanIs) {
  const auto begin = Clock::now();
  Patience patience(seconds(3), begin);
  EXPECT_EQ(patience.when(), begin + seconds(3));
  EXPECT_FALSE(patience.is_over(begin));
  EXPECT_FALSE(patience.is_over(begin + milliseconds(2999)));
  EXPECT_TRUE(patience.is_over(begin + seconds(3)));
  EXPECT_TRUE(patience.is_over(begin + milliseconds(3100)));
}

TEST(Patience, BeginsAnewIfNobodyLookedWhenItPassed) {
  const auto begin = Clock::now();
  Patience patience(seconds(3), begin);
  EXPECT_FALSE(patience.is_over(begin + seconds(30)));
  EXPECT_EQ(patience.when(), begin + seconds(33));
  EXPECT_FALSE(patience.is_over(begin + seconds(32)));
  EXPECT_TRUE(patience.is_over(begin + seconds(33)));
}

}  // namespace
}  // namespace hitch
