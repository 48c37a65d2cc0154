#include <gtest/gtest.h>

#include "fake_target.h"

namespace hitch {
namespace {

using testing::ReadyTest;

class LogReadyTest : public ReadyTest {
 protected:
  static ReadyCondition text(std::string pattern, Stream stream = Stream::kAny, int times = 1) {
    return {LogReady{LogReady::Match::kText, std::move(pattern), stream, times}};
  }
  static ReadyCondition condition(LogReady::Match match, std::string pattern) {
    return {LogReady{match, std::move(pattern), Stream::kAny, 1}};
  }
};

TEST_F(LogReadyTest, ALineThatWasPrintedBeforeTheWaitCounts) {
  print("listening on 5432");
  start(text("listening"));
  expect_ready();
}

TEST_F(LogReadyTest, ALineThatComesWakesTheWait) {
  start(text("listening"));
  settle();
  print("starting");
  settle();
  EXPECT_FALSE(outcome);
  print("listening");
  expect_ready();
}

TEST_F(LogReadyTest, NothingRunsWhileNothingIsPrinted) {
  start(text("listening"));
  settle();
  io.restart();
  EXPECT_EQ(io.run_one_for(std::chrono::milliseconds(20)), 0u);  // no polling
}

TEST_F(LogReadyTest, APromptWithoutANewlineCounts) {
  start(text("ready>"));
  ASSERT_TRUE(target.store.append(target.out, std::string("ready> ")));
  expect_ready();
}

TEST_F(LogReadyTest, APatternWaitsForTheEndOfTheLine) {
  start(condition(LogReady::Match::kRegex, "^ready$"));
  ASSERT_TRUE(target.store.append(target.out, std::string("ready")));
  settle();
  EXPECT_FALSE(outcome);
  print("");
  expect_ready();
}

TEST_F(LogReadyTest, AnotherServiceDoesNotCount) {
  const auto other = target.store.open_stream({"web", OutputStream::kOut, Phase::kRun});
  print(other, "ready");
  start(text("ready"));
  print(other, "ready");
  settle();
  EXPECT_FALSE(outcome);
}

TEST_F(LogReadyTest, OnlyTheRunItselfCounts) {
  for (const auto phase : {Phase::kSetup, Phase::kPoststart, Phase::kTeardown}) {
    print(target.store.open_stream({"db", OutputStream::kOut, phase}), "ready");
  }
  start(text("ready"));
  settle();
  EXPECT_FALSE(outcome);
}

TEST_F(LogReadyTest, AnEarlierLifeOfTheServiceDoesNotCount) {
  print("ready");
  target.start = {target.store.end(), target.store.next_sequence()};
  start(text("ready"));
  settle();
  EXPECT_FALSE(outcome);
  print("ready");
  expect_ready();
}

TEST_F(LogReadyTest, TheStreamMayBeChosen) {
  start(text("ready", Stream::kErr));
  print(target.out, "ready");
  settle();
  EXPECT_FALSE(outcome);
  print(target.err, "ready");
  expect_ready();
}

TEST_F(LogReadyTest, SeveralLinesMayBeAskedFor) {
  print("ready");
  start(text("ready", Stream::kAny, 3));
  print(target.err, "ready ready ready");
  settle();
  EXPECT_FALSE(outcome);
  print("ready");
  expect_ready();
}

TEST_F(LogReadyTest, ALineLongerThanTheCapMatchesInItsPiecesButOnce) {
  const std::string filler(std::size_t{1} << 20, 'x');
  start(text("ready", Stream::kAny, 2));
  print("ready" + filler + "ready" + filler + "ready");
  settle();
  EXPECT_FALSE(outcome);
  print(filler + "ready");
  expect_ready();
}

TEST_F(LogReadyTest, ARegularExpression) {
  start(condition(LogReady::Match::kRegex, "port [0-9]+$"));
  print("port x");
  settle();
  EXPECT_FALSE(outcome);
  print("port 80");
  expect_ready();
}

TEST_F(LogReadyTest, AJqFilter) {
  start(condition(LogReady::Match::kJson, ".event == \"ready\""));
  for (const auto* line : {"ready", "{", "{\"event\":\"start\"}", "[]", "\"ready\""}) print(line);
  settle();
  EXPECT_FALSE(outcome);
  print("{\"event\": \"ready\"}");
  expect_ready();
}

TEST_F(LogReadyTest, AJqFilterThatNeverEndsEndsTheWait) {
  start(condition(LogReady::Match::kJson, "[repeat(.)]"));
  print("1");
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().message(),
            "wait for a line: jq filter '[repeat(.)]': a line took longer than 2 seconds");
  EXPECT_EQ(outcome->error().kind(), Kind::kUsage);
}

TEST_F(LogReadyTest, APatternThatIsNoGoodEndsTheWait) {
  start(condition(LogReady::Match::kRegex, "("));
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().message(), "regular expression '(': missing )");
}

TEST_F(LogReadyTest, AFloodLeavesTurnsToOthers) {
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += "a line that does not match\n";
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(target.store.append(target.out, flood));
  print("ready");
  start(condition(LogReady::Match::kRegex, "re[a]dy$"));
  int turns = 0;
  while (!outcome && turns < 1'000'000) {
    io.restart();
    turns += static_cast<int>(io.poll_one());
  }
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(*outcome);
  EXPECT_GT(turns, 5);
}

TEST_F(LogReadyTest, ADamagedLogEndsTheWaitWithItsPlace) {
  print("a line");
  const auto file = target.directory.path() / "log";
  ASSERT_EQ(::truncate(file.c_str(), 0), 0);
  ASSERT_EQ(::truncate(file.c_str(), 4096), 0);  // zeros where a header was
  start(text("ready"));
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().message().find("wait for a line: "), 0u) << outcome->error().message();
}

TEST_F(LogReadyTest, ItStopsWhileItWaits) {
  start(text("ready"));
  settle();
  stop();
  EXPECT_FALSE(outcome);
  print("ready");  // nobody listens any more
}

}  // namespace
}  // namespace hitch
