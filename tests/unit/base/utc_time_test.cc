#include "runtime/base/utc_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace hitch::testing {
namespace {

using namespace std::chrono_literals;

std::string utc(std::chrono::nanoseconds time) {
  std::string text;
  append_utc(time, text);
  return text;
}

std::string read(const char* text) {
  const auto moment = parse_moment(text, 1'000'000s);
  return moment ? utc(*moment) : moment.error().message();
}

class UtcTime : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "EST5", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_F(UtcTime, HasMicrosecondsAndOneWidth) {
  EXPECT_EQ(utc(0s), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(utc(1436611018s + 1234567ns), "2015-07-11T10:36:58.001234Z");
  EXPECT_EQ(utc(1436611018s + 999999999ns), "2015-07-11T10:36:58.999999Z");
  EXPECT_EQ(utc(-1ns), "1969-12-31T23:59:59.999999Z");
}

TEST_F(UtcTime, DurationsCountBackFromNow) {
  EXPECT_EQ(read("10m"), utc(1'000'000s - 10min));
  EXPECT_EQ(read("250ms"), utc(1'000'000s - 250ms));
}

TEST_F(UtcTime, DatesWithAZoneMeanThatZone) {
  EXPECT_EQ(read("2015-07-11T10:36:58Z"), "2015-07-11T10:36:58.000000Z");
  EXPECT_EQ(read("2015-07-11T10:36:58.25+02:00"), "2015-07-11T08:36:58.250000Z");
  EXPECT_EQ(read("2015-07-11 10:36:58-0530"), "2015-07-11T16:06:58.000000Z");
}

TEST_F(UtcTime, DatesWithoutAZoneAreLocal) {
  EXPECT_EQ(read("2015-07-11 10:36:58"), "2015-07-11T15:36:58.000000Z");
  EXPECT_EQ(read("2015-07-11T10:36"), "2015-07-11T15:36:00.000000Z");
  EXPECT_EQ(read("2015-07-11"), "2015-07-11T05:00:00.000000Z");
}

TEST_F(UtcTime, DatesGetFartherThanMoments) {
  const auto read_date = [](const char* text) {
    const auto date = parse_date_time(text);
    if (!date) return date.error().message();
    std::string out;
    append_utc(date->whole, date->fraction, out);
    return out;
  };
  EXPECT_EQ(read_date("9999-12-31T23:59:59.25Z"), "9999-12-31T23:59:59.250000Z");
  EXPECT_EQ(read_date("0001-01-01T00:00:00.5Z"), "0001-01-01T00:00:00.500000Z");
  EXPECT_EQ(read_date("1969-12-31T23:59:59.75Z"), "1969-12-31T23:59:59.750000Z");
  EXPECT_EQ(read_date("2999-01-01"), "2999-01-01T05:00:00.000000Z");
  EXPECT_EQ(read_date("0000-01-01"), "'0000-01-01' is no date and time");
  EXPECT_EQ(read_date("10m"), "'10m' is no date and time");
}

TEST_F(UtcTime, WhatIsNoMomentIsRefused) {
  for (const char* text :
       {"", "now", "2015-02-31", "2015-13-01", "2015-07-11 25:00", "2015-07-1",
        "2015-07-11T10:36:58Zulu", "2015-07-11T10:36:58.Z", "-5m", "2015-07-11T10:36:58+2",
        "2015-0-+11", "2999-01-01", "1000-01-01", "2263-01-01"}) {
    EXPECT_EQ(read(text), "'" + std::string(text) + "' is no point in time");
  }
}

}  // namespace
}  // namespace hitch::testing
