#include "runtime/ready/condition.h"

#include <gtest/gtest.h>

#include "fake_target.h"

namespace hitch {
namespace {

using testing::ReadyTest;
using Match = LogReady::Match;

ReadyCondition line(std::string text) {
  return {LogReady{Match::kText, std::move(text), Stream::kAny, 1}};
}
ReadyCondition all(std::vector<ReadyCondition> members) {
  return {ReadyGroup{ReadyGroup::Mode::kAll, std::move(members)}};
}
ReadyCondition any(std::vector<ReadyCondition> members) {
  return {ReadyGroup{ReadyGroup::Mode::kAny, std::move(members)}};
}
/// Fails at once, as nothing can be waited for.
ReadyCondition hopeless() {
  return {ExecReady{{"/no/such/program"}}};
}
/// Of every kind that waits in its own way.
std::vector<ReadyCondition> never() {
  return {line("never"),
          {ListenReady{1}},
          {TcpReady{"127.0.0.1", 1}},
          {HttpReady{"127.0.0.1", 1, "/", 0}},
          {ExecReady{{"sleep", "1000"}}},
          {FileReady{"/no/such/file"}}};
}

class GroupTest : public ReadyTest {
 protected:
  void expect_error(std::string_view message) {
    ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().message(), message);
  }
};

constexpr std::string_view kHopeless =
    "run readiness command: execute '/no/such/program': No such file or directory";

TEST_F(GroupTest, AllNeedsEveryMemberOnceInAnyOrder) {
  start(all({line("one"), line("two"), {ExecReady{{"true"}}}}));
  print("two");
  settle();
  EXPECT_FALSE(outcome);
  print("one");
  expect_ready();
}

TEST_F(GroupTest, AnyNeedsOneAndStopsTheOthers) {
  auto members = never();
  members.push_back(line("ready"));
  start(any(std::move(members)));
  expect_waiting_after([this] { return target.under_way == 1 && target.looks > 3; });
  print("ready");
  expect_ready();
  EXPECT_EQ(target.under_way, 0);
}

TEST_F(GroupTest, GroupsMayHoldGroups) {
  start(all({any({line("a"), line("b")}), any({line("c"), all({line("d"), line("e")})})}));
  for (const auto* text : {"b", "d"}) print(text);
  settle();
  EXPECT_FALSE(outcome);
  print("e");
  expect_ready();
}

TEST_F(GroupTest, AllFailsWithAMemberThatCannotBeWaitedFor) {
  auto members = never();
  members.push_back(hopeless());
  start(all(std::move(members)));
  expect_error(kHopeless);
}

TEST_F(GroupTest, AnyGoesOnWithoutAMemberThatCannotBeWaitedFor) {
  start(any({hopeless(), line("ready")}));
  settle();
  EXPECT_FALSE(outcome);
  print("ready");
  expect_ready();
}

TEST_F(GroupTest, AnyFailsWhenNoMemberCanBeWaitedFor) {
  start(any({hopeless(), {LogReady{Match::kRegex, "(", Stream::kAny, 1}}}));
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  EXPECT_FALSE(*outcome);
}

TEST_F(GroupTest, ItStopsAtAnyDepthWhileEveryKindWaits) {
  start(all({all(never()), any(never()), any({all(never())})}));
  expect_waiting_after([this] { return target.under_way == 3 && target.looks > 20; });
  stop();
  EXPECT_EQ(target.under_way, 0);
  EXPECT_FALSE(outcome);
}

/// Stops a wait after every number of steps that the loop can take in its beginning.
TEST_F(GroupTest, ItStopsAtAnyMoment) {
  spec.condition = all({any({line("never"), {FileReady{"/"}}}),
                        {TcpReady{"127.0.0.1", 1}},
                        {ExecReady{{"true"}}},
                        line("never")});
  const auto descriptors = testing::count_descriptors();
  for (int steps = 0; steps < 150; ++steps) {
    TaskGroup waits(io.get_executor());
    bool ended = false;
    waits.spawn(wait_until_ready(&spec, &target), [&](Status) { ended = true; });
    io.restart();
    for (int step = 0; step < steps; ++step) (void)io.run_one_for(std::chrono::milliseconds(1));
    stop(waits);
    EXPECT_FALSE(ended) << steps;
    EXPECT_EQ(testing::count_descriptors(), descriptors) << steps;
  }
}

TEST(CheckConditionTest, PatternsAreCompiledWhereverTheyAre) {
  const auto message = [](const ReadyCondition& condition) {
    const auto status = check_condition(condition);
    if (status) return std::string("good");
    EXPECT_EQ(status.error().kind(), Kind::kUsage);
    return status.error().message();
  };
  EXPECT_EQ(message(line("(")), "good");
  EXPECT_EQ(message({NotifyReady{}}), "good");
  const ReadyCondition regex{LogReady{Match::kRegex, "x(", Stream::kAny, 1}};
  const ReadyCondition filter{LogReady{Match::kJson, ".a |", Stream::kAny, 1}};
  EXPECT_EQ(message(regex), "regular expression 'x(': missing )");
  EXPECT_EQ(message(filter), "jq filter '.a |': syntax error, unexpected $end");
  EXPECT_EQ(message(all({line("a"), any({line("b"), regex})})),
            "regular expression 'x(': missing )");
}

TEST(NeedsNotifySocketTest, AnyPartMayNeedIt) {
  EXPECT_TRUE(needs_notify_socket({NotifyReady{}}));
  EXPECT_TRUE(needs_notify_socket(all({line("a"), any({line("b"), {NotifyReady{}}})})));
  EXPECT_FALSE(needs_notify_socket(all({line("a"), {FileReady{"/x"}}})));
}

TEST(DescribeConditionTest, ItGoesOnFromItWaitedFor) {
  const auto log = [](Match match, Stream stream, int times) {
    return describe_condition({LogReady{match, "x'y", stream, times}});
  };
  EXPECT_EQ(log(Match::kText, Stream::kAny, 1), "a line with 'x\\'y' on its output");
  EXPECT_EQ(log(Match::kText, Stream::kOut, 3), "3 lines with 'x\\'y' on its stdout");
  EXPECT_EQ(log(Match::kRegex, Stream::kErr, 1), "a line that matches 'x\\'y' on its stderr");
  EXPECT_EQ(log(Match::kRegex, Stream::kAny, 2), "2 lines that match 'x\\'y' on its output");
  EXPECT_EQ(log(Match::kJson, Stream::kAny, 1),
            "a line of JSON that matches 'x\\'y' on its output");
  EXPECT_EQ(log(Match::kJson, Stream::kAny, 2), "2 lines of JSON that match 'x\\'y' on its output");
  EXPECT_EQ(describe_condition({ListenReady{5432}}), "a process of it to listen on port 5432");
  EXPECT_EQ(describe_condition({TcpReady{"::1", 80}}), "a connection to [::1]:80 to be accepted");
  EXPECT_EQ(describe_condition({HttpReady{"localhost", 8080, "/up", 0}}),
            "'http://localhost:8080/up' to answer with a status from 200 to 399");
  EXPECT_EQ(describe_condition({HttpReady{"localhost", 80, "/", 204}}),
            "'http://localhost:80/' to answer with 204");
  EXPECT_EQ(describe_condition({ExecReady{{"pg_isready", "-q"}}}),
            "the command 'pg_isready -q' to exit with code 0");
  EXPECT_EQ(describe_condition({FileReady{"/run/up"}}), "the file '/run/up' to exist");
  EXPECT_EQ(describe_condition({NotifyReady{}}), "it to send READY=1");
  EXPECT_EQ(describe_condition(all({line("a"), any({{ListenReady{1}}, {NotifyReady{}}})})),
            "all of: a line with 'a' on its output; (any of: a process of it to listen on port 1; "
            "it to send READY=1)");
}

}  // namespace
}  // namespace hitch
