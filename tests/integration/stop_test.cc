// How services are stopped, and signals to hitch itself.
#include <csignal>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Stop : public HitchTest {};

TEST_F(Stop, ServicesGetSigterm) {
  bundle.write(R"(
services:
  App:
    shell: "trap 'touch got-term; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    ready: up
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_TRUE(bundle.has_file("got-term"));
}

TEST_F(Stop, AnotherSignalMayBeAskedFor) {
  bundle.write(R"(
services:
  A:
    shell: "trap 'touch a-int; exit 0' INT; echo up; while :; do sleep 0.02; done"
    ready: up
    stop_signal: SIGINT
  B:
    shell: "trap 'touch b-usr1; exit 0' USR1; echo up; while :; do sleep 0.02; done"
    ready: up
    stop_signal: USR1
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_TRUE(bundle.has_file("a-int"));
  EXPECT_TRUE(bundle.has_file("b-usr1"));
}

TEST_F(Stop, LastLinesOfAServiceAreShown) {
  bundle.write(R"(
services:
  App:
    shell: "trap 'echo saving everything; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    ready: up
)");
  EXPECT_TRUE(has_line(run({"run", "--", "/bin/true"}).err, R"(^\[ *App\] saving everything$)"));
}

TEST_F(Stop, ServiceThatIgnoresTheSignalIsKilledAfterItsGrace) {
  bundle.write(R"(
services:
  App: {command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 300ms}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_GE(result.duration, 300ms) << "it had no grace";
}

TEST_F(Stop, ShutdownTimeoutCoversTheWholeBundle) {
  bundle.write(R"(
shutdown_timeout: 500ms
services:
  App: {command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 100s}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Stop, StoppedServiceGetsTheSignalAndEnds) {
  bundle.write(R"(
services:
  App: {command: ["@stopped_self@"], ready: stopping, stop_grace_period: 300ms}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

class Signals : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
services:
  App:
    shell: "trap 'touch stopped-gracefully; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    ready: up
)");
  }
  void expect_graceful_end(std::vector<std::string> arguments, int number) {
    auto hitch = start(std::move(arguments));
    ASSERT_TRUE(hitch->wait_for_err("READY")) << hitch->err();
    hitch->send_signal(number);
    const auto result = hitch->wait();
    EXPECT_TRUE(exited(result, 128 + number));
    EXPECT_NE(result.last_line(), "");
    EXPECT_TRUE(bundle.has_file("stopped-gracefully"));
  }
};

TEST_F(Signals, InterruptWithoutACommandStopsGracefully) {
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err() << hitch->out();
  hitch->send_signal(SIGINT);
  EXPECT_TRUE(exited(hitch->wait(), 130));
  EXPECT_TRUE(bundle.has_file("stopped-gracefully"));
}

TEST_F(Signals, TerminateWithoutACommandStopsGracefully) {
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err() << hitch->out();
  hitch->send_signal(SIGTERM);
  EXPECT_TRUE(exited(hitch->wait(), 143));
  EXPECT_TRUE(bundle.has_file("stopped-gracefully"));
}

TEST_F(Signals, InterruptWithACommandIs130) {
  expect_graceful_end({"run", "--", "/bin/sleep", "1000"}, SIGINT);
}

TEST_F(Signals, TerminateWithACommandIs143) {
  expect_graceful_end({"run", "--", "/bin/sleep", "1000"}, SIGTERM);
}

TEST_F(Signals, HangupWithACommandIs129) {
  expect_graceful_end({"run", "--", "/bin/sleep", "1000"}, SIGHUP);
}

TEST_F(Signals, CommandGetsTheSignalAndMayCleanUp) {
  auto hitch = start({"run", "--", "/bin/sh", "-c",
                      "trap 'echo cleaning; exit 0' TERM; echo go; while :; do sleep 0.02; done"});
  ASSERT_TRUE(hitch->wait_for_out("go")) << hitch->err();
  hitch->send_signal(SIGTERM);
  const auto result = hitch->wait();
  EXPECT_NE(result.code, 0) << "interrupted with the command running, and yet 0";
  EXPECT_THAT(result.out, HasSubstr("cleaning"));
}

TEST_F(Signals, InterruptWhileServicesStartIs130) {
  bundle.write(R"(
services:
  App: {command: ["@echo_lines@", --text, starting, --stay], ready: {log: never, timeout: 50s}}
)");
  auto hitch = start({"run", "--", "/bin/true"});
  ASSERT_TRUE(hitch->wait_for_err("starting")) << hitch->err();
  hitch->send_signal(SIGINT);
  EXPECT_TRUE(exited(hitch->wait(), 130));
}

TEST_F(Signals, SecondSignalKillsAtOnce) {
  bundle.write(R"(
shutdown_timeout: 100s
services:
  App:
    shell: "trap 'echo asked to stop' TERM INT; echo up; while :; do sleep 0.02; done"
    ready: up
    stop_grace_period: 100s
)");
  auto hitch = start({"run", "--", "/bin/sleep", "1000"});
  ASSERT_TRUE(hitch->wait_for_err("READY")) << hitch->err();
  hitch->send_signal(SIGINT);
  ASSERT_TRUE(hitch->wait_for_err("asked to stop")) << hitch->err();
  hitch->send_signal(SIGINT);
  const auto result = hitch->wait(30s);
  EXPECT_TRUE(exited(result, 130));
}

TEST_F(Signals, SignalToTheWholeProcessGroupStopsGracefully) {
  auto hitch = start({"run", "--", "/bin/sleep", "1000"});
  ASSERT_TRUE(hitch->wait_for_err("READY")) << hitch->err();
  (void)::kill(-hitch->pid(), SIGINT);  // what a terminal does for Ctrl-C
  EXPECT_TRUE(exited(hitch->wait(), 130));
  EXPECT_TRUE(bundle.has_file("stopped-gracefully"));
}

TEST_F(Signals, ControlCOnATerminalStopsGracefully) {
  auto hitch = start({"run"}, {.keep_input_open = true, .stdio = Stdio::kTerminal});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out();
  hitch->write_input("\x03");
  EXPECT_TRUE(exited(hitch->wait(), 130));
  EXPECT_TRUE(bundle.has_file("stopped-gracefully"));
}

TEST_F(Signals, ReaderOfStandardOutputThatGoesAwayDoesNotLeaveTheBundleBehind) {
  const auto script = "'" + hitch_binary().string() + "' run | head -n 1";
  HitchProcess pipeline({.arguments = {"/bin/sh", "-c", script},
                         .environment = bundle.environment(),
                         .directory = bundle.directory()});
  (void)pipeline.wait_for_out("\n");
  for (const auto& info : living_descendants(pipeline.pid())) (void)::kill(info.pid, SIGTERM);
  (void)pipeline.wait();
}

}  // namespace
}  // namespace hitch::testing
