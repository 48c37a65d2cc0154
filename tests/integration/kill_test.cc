// hitch is killed with SIGKILL, at any moment: nothing of the bundle lives on.
#include <csignal>
#include <iostream>
#include <thread>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

/// Far above what is promised (50 ms), which is the benchmark's to check: this machine may be busy.
constexpr auto kGoneBy = 5s;

class Killed : public HitchTest {
 protected:
  /// Kills and measures how long the last process of the bundle lives on.
  std::chrono::milliseconds kill_and_wait(HitchProcess& hitch) {
    hitch.send_signal(SIGKILL);
    const auto gone = wait_until_alone(kGoneBy);
    EXPECT_TRUE(gone.has_value()) << "still there:\n" << to_text(living_descendants(::getpid()));
    (void)hitch.wait();
    reap_orphans();
    return gone.value_or(kGoneBy);
  }
  /// The next command removes what a killed supervisor has left.
  void expect_cleaned_by_the_next_command() {
    bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
    EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
    const auto runs = bundle.runtime() / "hitch";
    EXPECT_TRUE(!std::filesystem::exists(runs) || std::filesystem::is_empty(runs));
  }
};

TEST_F(Killed, AtAnyMomentOfTheStartNothingIsLeft) {
  bundle.write(R"(
services:
  Db: {command: ["@listen_on@", "7001", --after, "10"], ready: {listen: 7001}}
  Daemon: {command: ["@double_fork@"], ready: daemon, setup: [[sleep, "0.01"]]}
  Stubborn: {command: ["@ignore_term@"], ready: ignoring, depends_on: [Db]}
)");
  std::chrono::milliseconds longest{0};
  for (auto delay = 0us; delay <= 60ms; delay += 1500us) {
    SCOPED_TRACE(std::to_string(delay.count()) + " us after the start");
    auto hitch = start({"run", "--", "/bin/sleep", "1000"});
    std::this_thread::sleep_for(delay);  // this is the fault that is injected, not a wait
    longest = std::max(longest, kill_and_wait(*hitch));
    if (HasFailure()) break;
  }
  std::cout << "the last process was gone " << longest.count() << " ms after the kill at most\n";
  expect_cleaned_by_the_next_command();
}

TEST_F(Killed, AtAnyMomentOfTheStopNothingIsLeft) {
  bundle.write(R"(
services:
  Db: {command: ["@listen_on@", "7001"], ready: {listen: 7001}}
  Stubborn: {command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 20ms}
)");
  for (auto delay = 0us; delay <= 30ms; delay += 1500us) {
    SCOPED_TRACE(std::to_string(delay.count()) + " us after the command's end");
    auto hitch = start({"run", "--", "/bin/echo", "command is done"});
    ASSERT_TRUE(hitch->wait_for_out("command is done")) << hitch->err();
    std::this_thread::sleep_for(delay);  // this is the fault that is injected, not a wait
    (void)kill_and_wait(*hitch);
    if (HasFailure()) break;
  }
  expect_cleaned_by_the_next_command();
}

TEST_F(Killed, WhileAJqFilterLoopsNothingIsLeft) {
  bundle.write(R"(
services:
  App: {shell: "echo '{\"n\": 1}'; sleep 1000", ready: {json: '[repeat(.)]'}}
)");
  auto hitch = start({"run", "--", "/bin/true"});
  ASSERT_TRUE(hitch->wait_for_err("\"n\": 1")) << hitch->err();
  (void)kill_and_wait(*hitch);
  expect_cleaned_by_the_next_command();
}

TEST_F(Killed, WithAHundredProcessesNothingIsLeft) {
  bundle.write(R"(
services:
  Many: {command: ["@many_processes@", "100"], ready: spawned}
  Chain: {command: ["@fork_forever@"], ready: forking}
  Daemon: {command: ["@double_fork@"], ready: daemon}
  Stopped: {command: ["@stopped_self@"], ready: stopping}
  Stubborn: {command: ["@ignore_term@"], ready: ignoring}
)");
  auto hitch = start({"run", "--", "/bin/sh", "-c", "echo go; exec sleep 1000"});
  ASSERT_TRUE(hitch->wait_for_out("go")) << hitch->err();
  EXPECT_GE(living_descendants(::getpid()).size(), 105U);
  const auto gone = kill_and_wait(*hitch);
  std::cout << "100 processes were gone " << gone.count() << " ms after the kill\n";
  expect_cleaned_by_the_next_command();
}

TEST_F(Killed, EachProcessOfHitchAloneEndsTheBundle) {
  bundle.write("services:\n  App: {command: ['@ignore_term@'], ready: ignoring}\n");
  // Whatever processes hitch itself is made of: one more is killed each time.
  for (std::size_t victim = 0; victim < 4; ++victim) {
    auto hitch = start({"run", "--", "/bin/sh", "-c", "echo go; exec sleep 1000"});
    ASSERT_TRUE(hitch->wait_for_out("go")) << hitch->err();
    std::vector<pid_t> own;
    for (const auto& info : living_descendants(::getpid())) {
      if (info.name.rfind("hitch", 0) == 0) own.push_back(info.pid);
    }
    if (victim >= own.size()) {
      (void)kill_and_wait(*hitch);
      break;
    }
    (void)::kill(own[victim], SIGKILL);
    const auto gone = wait_until_alone(30s);
    EXPECT_TRUE(gone.has_value()) << to_text(living_descendants(::getpid()));
    const auto result = hitch->wait();
    EXPECT_NE(result.code, 0);
    reap_orphans();
  }
  expect_cleaned_by_the_next_command();
}

TEST_F(Killed, ParentMayDieAndNothingIsLeftAfterHitch) {
  bundle.write(
      "services:\n  App: {command: ['@ignore_term@'], ready: ignoring, "
      "stop_grace_period: 100ms}\n");
  const auto script =
      "'" + hitch_binary().string() + "' run -- /bin/sh -c 'echo go; sleep 1000'; true";
  HitchProcess parent({.arguments = {"/bin/sh", "-c", script},
                       .environment = bundle.environment(),
                       .directory = bundle.directory()});
  ASSERT_TRUE(parent.wait_for_out("go")) << parent.err();
  parent.send_signal(SIGKILL);
  // hitch may live on or not; when it does, asking it to end ends everything.
  for (const auto& info : living_descendants(::getpid())) {
    if (info.name == "hitch") (void)::kill(info.pid, SIGTERM);
  }
  EXPECT_TRUE(wait_until_alone(30s).has_value()) << to_text(living_descendants(::getpid()));
  (void)parent.wait();
}

TEST_F(Killed, InFrontOfAClosedTerminalNothingIsLeft) {
  bundle.write("services:\n  App: {command: ['@echo_lines@', --stay], ready: line}\n");
  {
    auto hitch = start({"run"}, {.keep_input_open = true, .stdio = Stdio::kTerminal});
    ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out();
    hitch->send_signal(SIGHUP);
    EXPECT_TRUE(exited(hitch->wait(), 129));
  }
  EXPECT_TRUE(wait_until_alone(kGoneBy).has_value());
}

}  // namespace
}  // namespace hitch::testing
