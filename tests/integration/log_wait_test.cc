// hitch logs --until…: for a line that has come, that comes, or that does not.
#include <signal.h>

#include "integration/harness/logs_test_base.h"

namespace hitch::testing {
namespace {

class LogsAwaited : public LogsTest {
 protected:
  void SetUp() override {
    LogsTest::SetUp();
    bundle.write(kShop);
  }
  ProcessResult wait_for(std::vector<std::string> words) {
    words.insert(words.begin(), "logs");
    return run(std::move(words));
  }
};

TEST_F(LogsAwaited, LineThatHasComeIsFoundAndPrintedAlone) {
  auto hitch = up();
  EXPECT_EQ(logs({"--until", "for conn"}), "ready for connections\n");
  EXPECT_EQ(logs({"Db", "--until-regex", "^check.*t$"}), "checkpoint\n");
  EXPECT_EQ(logs({"--until-json", ".event == \"started\""}), "{\"event\":\"started\"}\n");
  EXPECT_EQ(logs({"--until", "name:"}), "name: \n");  // a prompt
  EXPECT_TRUE(has_line(logs({"--format", "json", "--until", "checkpoint"}),
                       R"re(^\{"service":"Db",.*"line":"checkpoint"\}$)re"));
  (void)down(*hitch);
}

TEST_F(LogsAwaited, LineThatComesLaterWakes) {
  auto hitch = up();
  auto waiting = start({"logs", "Api", "--until-json", ".event == \"paid\""});
  bundle.write_file("go", "");
  const auto result = waiting->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "{\"event\":\"paid\"}\n");
  (void)down(*hitch);
}

TEST_F(LogsAwaited, LineThatDoesNotComeIsATimeout) {
  auto hitch = up();
  const auto result = wait_for({"Db", "--until", "no such", "--timeout", "200ms"});
  EXPECT_TRUE(failed_saying(
      result, 124,
      "^hitch: no line with 'no such' in the log of 'Db' within 200ms; 6 lines were seen$"));
  EXPECT_EQ(result.out, "");
  (void)down(*hitch);
}

TEST_F(LogsAwaited, LinesBackSaysWhereToLook) {
  auto hitch = up();
  const std::vector<std::string> words{"Db", "--out", "--until", "starting", "--timeout", "0"};
  auto with = [&](const char* back) {
    auto all = words;
    all.insert(all.end(), {"--lines-back", back});
    return wait_for(all).code;
  };
  EXPECT_EQ(with("0"), 124);
  EXPECT_EQ(with("1"), 124);
  EXPECT_EQ(with("2"), 0);
  EXPECT_EQ(wait_for(words).code, 0);
  (void)down(*hitch);
}

TEST_F(LogsAwaited, EndOfTheRunEndsTheWait) {
  auto hitch = up();
  auto waiting = start({"logs", "--until", "no such"});
  (void)down(*hitch);
  EXPECT_TRUE(
      failed_saying(waiting->wait(), 125, "the run 'shop-.*' has ended, with no line with"));
  EXPECT_TRUE(failed_saying(wait_for({"--until", "no such"}), 125, "has ended, with no line"));
  EXPECT_TRUE(exited(wait_for({"--until", "checkpoint"}), 0));
}

TEST_F(LogsAwaited, DeathOfTheSupervisorEndsTheWait) {
  auto hitch = up();
  auto waiting = start({"logs", "--until", "no such"});
  hitch->send_signal(SIGKILL);
  (void)hitch->wait();
  EXPECT_TRUE(
      failed_saying(waiting->wait(), 125, "the run 'shop-.*' was killed, with no line with"));
  EXPECT_TRUE(exited(run({"run", "-q", "--", "true"}), 0));  // clears up after the killed one
}

TEST_F(LogsAwaited, WithoutInotifyItStillWakes) {
  auto hitch = up();
  RunOptions options;
  options.prefix = {"/usr/bin/unshare", "-Ur", "/bin/sh", "-c",
                    "echo 0 > /proc/sys/user/max_inotify_instances || exit 99; exec \"$0\" \"$@\""};
  auto waiting = start({"logs", "--until", "paid"}, options);
  auto following = start({"logs", "-f", "Api"}, options);
  ASSERT_TRUE(following->wait_for_out("started")) << following->err();
  bundle.write_file("go", "");
  EXPECT_EQ(waiting->wait().out, "{\"event\": \"paid\"}\n");
  EXPECT_TRUE(following->wait_for_out("paid"));
  (void)down(*hitch);
  EXPECT_TRUE(exited(following->wait(), 0));
}

}  // namespace
}  // namespace hitch::testing
