#include "runtime/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace hitch {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(TextTest, DurationsAreUnitsOrSeconds) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("1m30s"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("15"), milliseconds(15'000));
  EXPECT_EQ(parse_duration("1.5"), milliseconds(1500));
  EXPECT_EQ(parse_duration("0.5s"), milliseconds(500));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(TextTest, WhatIsNoDurationIsRefused) {
  for (const auto* text :
       {"", "s", "-1", "1x", "1s30", "1.s", " 1s", "1s ", "99999999999", "101d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(TextTest, DurationsAreWrittenAsTheyAreRead) {
  for (const auto* text : {"0s", "250ms", "1m30s", "15s", "2h", "1s500ms"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

TEST(TextTest, SecondsHaveOneDecimal) {
  EXPECT_EQ(format_seconds(milliseconds(0)), "0.0");
  EXPECT_EQ(format_seconds(milliseconds(349)), "0.3");
  EXPECT_EQ(format_seconds(milliseconds(350)), "0.4");
  EXPECT_EQ(format_seconds(milliseconds(12'000)), "12.0");
}

TEST(TextTest, TheNearestSpellingIsASlipOfTheFingerAway) {
  const std::array<std::string_view, 3> keys{"depends_on", "ready", "command"};
  EXPECT_EQ(nearest_spelling("depend_on", keys), "depends_on");
  EXPECT_EQ(nearest_spelling("Command", keys), "command");
  EXPECT_EQ(nearest_spelling("redy", keys), "ready");
  EXPECT_EQ(nearest_spelling("raedy", keys), "ready");
  EXPECT_EQ(nearest_spelling("volumes", keys), std::nullopt);
}

TEST(TextTest, WordsAreSplitAsAShellSplitsThem) {
  EXPECT_THAT(*split_words("a 'b c' \"d \\\" e\" f\\ g ''"),
              ElementsAre("a", "b c", "d \" e", "f g", ""));
  EXPECT_THAT(*split_words("  $HOME *  "), ElementsAre("$HOME", "*"));
  EXPECT_EQ(split_words("'open"), std::nullopt);
}

TEST(TextTest, SignalsHaveNamesAndNumbers) {
  EXPECT_EQ(parse_signal("SIGTERM"), SIGTERM);
  EXPECT_EQ(parse_signal("int"), SIGINT);
  EXPECT_EQ(parse_signal("9"), SIGKILL);
  EXPECT_EQ(parse_signal("SIGNOPE"), std::nullopt);
  EXPECT_EQ(parse_signal("0"), std::nullopt);
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
}

}  // namespace
}  // namespace hitch
