// hitch logs -f: what comes, and how it ends.
#include <signal.h>

#include "integration/harness/logs_test_base.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class LogsFollowed : public LogsTest {
 protected:
  void SetUp() override {
    LogsTest::SetUp();
    bundle.write(kShop);
  }
};

TEST_F(LogsFollowed, LinesComeAsTheyAreWritten) {
  auto hitch = up();
  auto following = start({"logs", "-f", "-n", "1", "Api"});
  bundle.write_file("go", "");
  EXPECT_TRUE(following->wait_for_out("paid"));
  EXPECT_FALSE(following->has_ended());
  (void)down(*hitch);
  const auto result = following->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.err, "");
}

TEST_F(LogsFollowed, EndOfTheRunEndsItWithTheLastLines) {
  auto hitch = up();
  auto following = start({"logs", "-f"});
  ASSERT_TRUE(following->wait_for_out("created"));
  (void)down(*hitch);
  const auto result = following->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "Down Db\\] dropped"));
  EXPECT_EQ(run({"logs", "-f"}).out, result.out);
}

TEST_F(LogsFollowed, DeathOfTheSupervisorEndsItAndIsSaid) {
  auto hitch = up();
  auto following = start({"logs", "-f", "Api"});
  ASSERT_TRUE(following->wait_for_out("started"));
  hitch->send_signal(SIGKILL);
  (void)hitch->wait();
  const auto result = following->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "[         Api] {\"event\": \"started\"}\n[         Api] name: \n");
  EXPECT_TRUE(has_line(result.err, "^hitch: the run 'shop-.*' was killed: its log ends here$"));
  EXPECT_TRUE(exited(run({"run", "-q", "--", "true"}), 0));  // clears up after the killed one
}

TEST_F(LogsFollowed, LineOfAWriterThatDiesInItIsShownOnce) {
  bundle.write(R"(
services:
  Half: {kind: task, command: [printf, 'whole\nhalf']}
  Next: {kind: task, command: [printf, 'other\n'], depends_on: [Half]}
  Again: {depends_on: {Next: {condition: completed}}, command: [sh, -c, 'printf cut; exit 1'],
          restart: "on-failure:2"}
)");
  const auto ended = run({"run"});
  for (const auto& words : {std::vector<std::string>{"logs"}, {"logs", "-f"}}) {
    const auto result = run(words);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(count_lines(result.out, "^\\[ *Half\\] whole$"), 1);
    EXPECT_EQ(count_lines(result.out, "^\\[ *Half\\] half$"), 1);
    EXPECT_EQ(count_lines(result.out, "^\\[ *Again\\] cut$"),
              count_lines(ended.out, "^\\[ *Again\\] cut$"));
    EXPECT_GE(count_lines(result.out, "^\\[ *Again\\] cut$"), 1);
  }
}

TEST_F(LogsFollowed, SignalEndsItAsItEndsOtherPrograms) {
  auto hitch = up();
  auto following = start({"logs", "-f"});
  ASSERT_TRUE(following->wait_for_out("started"));
  following->send_signal(SIGINT);
  EXPECT_EQ(following->wait().signal, SIGINT);
  EXPECT_FALSE(hitch->has_ended());
  (void)down(*hitch);
}

}  // namespace
}  // namespace hitch::testing
