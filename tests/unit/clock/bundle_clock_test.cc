#include "runtime/clock/bundle_clock.h"

#include <gtest/gtest.h>

#include <cmath>

#include "runtime/clock/clock_arithmetic.h"
#include "runtime/clock/travel_text.h"

namespace hitch {
namespace {

constexpr int64_t kDay = 86400;
constexpr ClockTime kReal{1'700'000'000, 123'456'789};

ClockTime after(ClockTime time, int64_t seconds) {
  return sum(time, {seconds, 0});
}

TEST(BundleClock, ShowsTheMachinesTimeAtFirst) {
  EXPECT_EQ(BundleClock().now(kReal), kReal);
  EXPECT_EQ(BundleClock().setting(), ClockSetting());
}

TEST(BundleClock, TwoTravelsByADayAreTwoDays) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_by({kDay, 0}, kReal));
  ASSERT_TRUE(clock.travel_by({kDay, 0}, after(kReal, 5)));
  EXPECT_EQ(clock.now(after(kReal, 10)), after(kReal, 10 + 2 * kDay));
}

/// It shows the time of its last tick, which may have been before the travel was.
TEST(BundleClock, TheCoarseClockHasSeenTheTravelAtOnce) {
  constexpr int kCoarse = kClockRealtimeCoarse;
  const ClockTime destination{946'684'800, 0}, tick{kReal.sec - 1, 996'000'000};
  BundleClock clock;
  ASSERT_TRUE(clock.travel_to(destination, {kReal.sec, 0}));
  const auto& setting = clock.setting();
  EXPECT_EQ(fake_reading(setting, kCoarse, tick), destination);
  EXPECT_EQ(fake_reading(setting, kCoarse, {kReal.sec, 4'000'000}),
            (ClockTime{destination.sec, 4'000'000}));
  // The machine's own clock may be set back, too.
  EXPECT_EQ(fake_reading(setting, kCoarse, after(kReal, -60)).sec, destination.sec - 60);
  EXPECT_EQ(fake_reading(setting, kClockRealtime, tick).sec, destination.sec - 1);
}

TEST(BundleClock, TravelsBackwards) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_by({-kDay - 1, 500'000'000}, kReal));
  EXPECT_EQ(difference(kReal, clock.now(kReal)), (ClockTime{kDay, 500'000'000}));
}

TEST(BundleClock, TravelsToAnInstantAndGoesOnFromThere) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_to({1'436'611'018, 0}, kReal));
  EXPECT_EQ(clock.now(after(kReal, 3)), (ClockTime{1'436'611'021, 0}));
}

TEST(BundleClock, TravelByAllBackIsTheMachinesTimeAgain) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_by({kDay, 7}, kReal));
  ASSERT_TRUE(clock.travel_by(difference({}, {kDay, 7}), kReal));
  EXPECT_EQ(clock.setting(), ClockSetting());
}

TEST(BundleClock, FreezesAndGoesOnFromTheFrozenInstant) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_by({kDay, 0}, kReal));
  clock.freeze(kReal);
  EXPECT_EQ(clock.now(after(kReal, 1000)), after(kReal, kDay));
  ASSERT_TRUE(clock.travel_by({1, 0}, after(kReal, 1000)));
  EXPECT_EQ(clock.now(after(kReal, 2000)), after(kReal, kDay + 1));
  EXPECT_TRUE(clock.frozen());
  clock.resume(after(kReal, 2000));
  EXPECT_EQ(clock.now(after(kReal, 2005)), after(kReal, kDay + 6));
}

TEST(BundleClock, ARateStartsWithoutAJumpAndOutlivesATravelAndAFreeze) {
  BundleClock clock;
  ASSERT_TRUE(clock.set_rate(60 * kRateOne, kReal));
  EXPECT_EQ(clock.now(kReal), kReal);
  EXPECT_EQ(clock.now(after(kReal, 2)), after(kReal, 120));
  ASSERT_TRUE(clock.travel_by({kDay, 0}, after(kReal, 2)));
  EXPECT_EQ(clock.now(after(kReal, 3)), after(kReal, 180 + kDay));
  clock.freeze(after(kReal, 3));
  clock.resume(after(kReal, 100));
  EXPECT_EQ(clock.now(after(kReal, 101)), after(kReal, 240 + kDay));
  ASSERT_TRUE(clock.set_rate(kRateOne, after(kReal, 101)));
  EXPECT_EQ(clock.setting().mode, ClockMode::kShift);
  clock.reset();
  EXPECT_EQ(clock.now(kReal), kReal);
}

TEST(BundleClock, StartsAsTheFileSays) {
  const auto clock = BundleClock::start(
      {.at_instant = true, .instant = {1000, 0}, .frozen = true, .rate = 2 * kRateOne}, kReal);
  ASSERT_TRUE(clock);
  EXPECT_EQ(clock->now(after(kReal, 50)), (ClockTime{1000, 0}));
  EXPECT_EQ(clock->rate(), 2 * kRateOne);
}

TEST(BundleClock, RefusesWhatIsOutOfTheCalendarAndStaysAsItWas) {
  BundleClock clock;
  ASSERT_TRUE(clock.travel_to({kLastSecond, 0}, kReal));
  const auto before = clock.setting();
  constexpr const char* kText =
      "travel: the bundle's clock shows no time before the year 1 or after 9999";
  for (const auto seconds : {int64_t{1}, INT64_MAX, INT64_MIN}) {
    const auto status = clock.travel_by({seconds, 0}, kReal);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), kText);
    EXPECT_EQ(status.error().kind(), Kind::kUsage);
  }
  EXPECT_FALSE(clock.travel_to({kFirstSecond - 1, 0}, kReal));
  EXPECT_EQ(clock.setting(), before);
  EXPECT_TRUE(clock.travel_to({kFirstSecond, 0}, kReal));
}

TEST(FixedRate, TakesWhatIsAboveZeroAndNotTooMuch) {
  EXPECT_EQ(*fixed_rate(1), kRateOne);
  EXPECT_EQ(*fixed_rate(0.5), kRateOne / 2);
  for (const double bad : {0.0, -1.0, 1e-9, 1e9, 1e300, std::nan(""), HUGE_VAL}) {
    const auto rate = fixed_rate(bad);
    ASSERT_FALSE(rate) << bad;
    EXPECT_EQ(rate.error().message(), "a rate is a number above 0, from 1/1048576 to 1048576");
  }
}

TEST(TravelText, NamesTheLargestUnitThatFits) {
  const auto text = [](int64_t seconds) { return travel_text(after(kReal, seconds), kReal); };
  EXPECT_EQ(text(kDay), "Time traveling to 23 hours from now");
  EXPECT_EQ(text(0), "Time traveling to now");
  EXPECT_EQ(travel_text(sum(kReal, {0, 1}), kReal), "Time traveling to now");
  EXPECT_EQ(travel_text(sum(kReal, {0, 999'999'999}), kReal), "Time traveling to now");
  EXPECT_EQ(travel_text(after(kReal, 1), kReal), "Time traveling to now");
  EXPECT_EQ(text(2), "Time traveling to a second from now");
  EXPECT_EQ(text(-1), "Time traveling to a second ago");
  EXPECT_EQ(text(59), "Time traveling to 58 seconds from now");
  EXPECT_EQ(text(7200), "Time traveling to an hour from now");
  EXPECT_EQ(text(-7200), "Time traveling to 2 hours ago");
  EXPECT_EQ(text(-kDay), "Time traveling to a day ago");
  EXPECT_EQ(text(30 * kDay + 1), "Time traveling to 30 days from now");
  EXPECT_EQ(text(31 * kDay + 1), "Time traveling to a month from now");
  EXPECT_EQ(text(200 * kDay + 1), "Time traveling to 6 months from now");
  EXPECT_EQ(text(-365 * kDay), "Time traveling to a year ago");
  EXPECT_EQ(text(-366 * kDay), "Time traveling to 1 year, 1 day ago");
  EXPECT_EQ(text(400 * kDay + 1), "Time traveling to 1 year, 1 month from now");
  EXPECT_EQ(text(8000 * 365 * kDay + 1), "Time traveling to 8000 years from now");
}

}  // namespace
}  // namespace hitch
