#include "runtime/clock/clock_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <random>

#include "runtime/base/thread.h"
#include "runtime/clock/bundle_clock.h"

namespace hitch {
namespace {

constexpr int kRounds = 20'000;

/// Random settings and times, from the year 1 to 9999.
class Dice {
 public:
  ClockTime instant() { return {seconds_(engine_), nanos_(engine_)}; }
  /// What a machine's clock may show: 1970 to 2100.
  ClockTime real() { return {machine_(engine_), nanos_(engine_)}; }
  uint64_t rate() {
    const auto shift = static_cast<unsigned>(bits_(engine_));
    const uint64_t rate = (kRateOne >> 20 << shift) | (engine_() >> (64 - shift) >> 12);
    return std::clamp(rate, kSlowest, kFastest);
  }
  ClockSetting shift(ClockTime real) {
    ClockSetting setting;
    setting.mode = ClockMode::kShift;
    setting.shift = difference(instant(), real);
    return setting;
  }
  ClockSetting rate(ClockTime real) {
    ClockSetting setting;
    setting.mode = ClockMode::kRate;
    setting.real_anchor = real;
    setting.fake_anchor = instant();
    setting.rate = rate();
    return setting;
  }
  ClockTime span(int64_t most_seconds) {
    return {std::uniform_int_distribution<int64_t>(0, most_seconds)(engine_), nanos_(engine_)};
  }

 private:
  std::mt19937_64 engine_{20261122};
  std::uniform_int_distribution<int64_t> seconds_{kFirstSecond, kLastSecond};
  std::uniform_int_distribution<int64_t> machine_{0, 4'102'444'800};
  std::uniform_int_distribution<int64_t> nanos_{0, 999'999'999};
  std::uniform_int_distribution<int> bits_{1, 40};
};

bool is_normal(ClockTime time) {
  return time.nsec >= 0 && time.nsec < kNanosPerSecond;
}

TEST(ClockArithmetic, AShiftIsExactInBothDirections) {
  Dice dice;
  for (int i = 0; i < kRounds; ++i) {
    const auto real = dice.real();
    const auto setting = dice.shift(real);
    const auto fake = fake_from_real(setting, real);
    ASSERT_TRUE(is_normal(fake));
    ASSERT_EQ(difference(fake, real), setting.shift);
    ASSERT_EQ(real_from_fake(setting, fake), std::max(real, ClockTime{0, 1}));
  }
}

TEST(ClockArithmetic, ARateNeverGoesBackAndStartsAtItsAnchor) {
  Dice dice;
  for (int i = 0; i < kRounds; ++i) {
    const auto real = dice.real();
    const auto setting = dice.rate(real);
    ASSERT_EQ(fake_from_real(setting, real), setting.fake_anchor);
    auto last = setting.fake_anchor;
    for (const auto step : {ClockTime{0, 1}, ClockTime{0, 999'999'998}, ClockTime{0, 1},
                            dice.span(1000), dice.span(100'000'000)}) {
      const auto fake = fake_from_real(setting, sum(real, step));
      ASSERT_TRUE(is_normal(fake));
      ASSERT_GE(fake, setting.fake_anchor);
      if (step.sec == 0) continue;
      ASSERT_GE(fake, last);
      ASSERT_LE(fake, fake_from_real(setting, sum(real, sum(step, {0, 1}))));
    }
  }
}

TEST(ClockArithmetic, NobodyIsWokenTooEarlyNorMuchTooLateAtARate) {
  Dice dice;
  for (int i = 0; i < kRounds; ++i) {
    const auto setting = dice.rate(dice.real());
    const auto deadline = sum(setting.fake_anchor, dice.span(1'000'000));
    const auto real = real_from_fake(setting, deadline);
    ASSERT_TRUE(real && is_normal(*real));
    ASSERT_GE(fake_from_real(setting, *real), deadline);
    // One nanosecond of the machine, and four for rounding, before.
    const auto early = difference(deadline, scaled({0, 1}, setting.rate));
    const auto before = fake_from_real(setting, difference(*real, {0, 1}));
    ASSERT_LE(before, sum(deadline, {0, 4})) << i;
    ASSERT_LE(early, fake_from_real(setting, *real));
  }
}

TEST(ClockArithmetic, AFrozenClockReachesOnlyWhatHasPassed) {
  ClockSetting setting;
  setting.mode = ClockMode::kFrozen;
  setting.fake_anchor = {1000, 5};
  EXPECT_EQ(fake_from_real(setting, {5, 5}), (ClockTime{1000, 5}));
  EXPECT_EQ(real_from_fake(setting, {1000, 6}), std::nullopt);
  EXPECT_EQ(real_from_fake(setting, {1000, 5}), (ClockTime{0, 1}));
}

TEST(ClockArithmetic, TimesThatNobodyMeansDoNotOverflow) {
  for (const auto mode :
       {ClockMode::kReal, ClockMode::kShift, ClockMode::kFrozen, ClockMode::kRate}) {
    ClockSetting setting;
    setting.mode = mode;
    setting.shift = {-kLastSecond, 999'999'999};
    setting.rate = kSlowest;
    for (const auto sec : {INT64_MIN, INT64_MAX}) {
      const auto real = real_from_fake(setting, {sec, 999'999'999});
      if (real) {
        EXPECT_GE(*real, (ClockTime{0, 1}));
      }
    }
  }
}

TEST(ClockPage, ShowsWhatWasPublished) {
  auto page = ClockPage::create();
  ASSERT_TRUE(page) << page.error().message();
  ClockSetting setting;
  setting.mode = ClockMode::kFrozen;
  setting.fake_anchor = {42, 43};
  page->publish(setting);
  EXPECT_EQ(page->now(), (ClockTime{42, 43}));
  EXPECT_EQ(page->setting(), setting);
  page->publish({});
  EXPECT_NEAR(static_cast<double>(page->now().sec), static_cast<double>(real_now().sec), 30);
}

TEST(ClockPage, WhoeverGetsItCanOnlyRead) {
  auto page = ClockPage::create();
  ASSERT_TRUE(page);
  const int both = PROT_READ | PROT_WRITE;
  EXPECT_EQ(::mmap(nullptr, kClockPageBytes, both, MAP_SHARED, page->fd(), 0), MAP_FAILED);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::pwrite(page->fd(), "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(page->fd(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  void* const at = ::mmap(nullptr, kClockPageBytes, PROT_READ, MAP_SHARED, page->fd(), 0);
  ASSERT_NE(at, MAP_FAILED);
  EXPECT_EQ(::mprotect(at, kClockPageBytes, both), -1);
  EXPECT_EQ(errno, EACCES);
  ::munmap(at, kClockPageBytes);
}

TEST(ClockPage, AReaderNeverSeesAMixOfTwoSettings) {
  auto page = ClockPage::create();
  ASSERT_TRUE(page);
  void* const at = ::mmap(nullptr, kClockPageBytes, PROT_READ, MAP_SHARED, page->fd(), 0);
  ASSERT_NE(at, MAP_FAILED);
  const auto& layout = *static_cast<const ClockPageLayout*>(at);
  std::atomic<bool> stop = false, torn = false;
  auto reader = start_thread([&] {
    while (!stop) {
      const auto now = fake_now(layout);
      const bool whole = now.sec % 1000 == now.nsec || now.sec > 1'000'000'000;
      if (!whole) torn = true;
    }
  });
  ASSERT_TRUE(reader);
  ClockSetting setting;
  setting.mode = ClockMode::kFrozen;
  for (int i = 0; i < 5'000'000; ++i) {
    setting.fake_anchor = {i, i % 1000};
    page->publish(setting);
  }
  stop = true;
  reader->join();
  EXPECT_FALSE(torn);
  ::munmap(at, kClockPageBytes);
}

}  // namespace
}  // namespace hitch
