// Whose a bundle is, and that it is gone when it should be: however the process ends that started
// it.

#include <hitch/introspect/process.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

using LifeTest = ClientTest;

class EndOfTheTest : public ClientTest, public testing::WithParamInterface<const char*> {};

TEST_P(EndOfTheTest, LeavesNothing) {
  const auto said = run_program({"sh", "-c", "cd \"$1\" && exec \"$2\" \"$3\" 2>/dev/null", "sh",
                                 project().string(), fixture("bundle_owner").string(), GetParam()});
  std::istringstream words(said.output);
  std::vector<pid_t> pids;
  for (pid_t pid = 0; words >> pid;) pids.push_back(pid);
  ASSERT_EQ(pids.size(), 3U) << said.output;
  for (const pid_t pid : pids) {
    wait_until([&] { return !is_alive(pid); }, "process " + std::to_string(pid) + " is left");
  }
  wait_until([] { return bundles_left() == 0; }, "a bundle is left");
}

INSTANTIATE_TEST_SUITE_P(By, EndOfTheTest,
                         testing::Values("sigkill", "sigterm", "segfault", "abort", "_exit", "exit",
                                         "throw", "exec", "thread", "fork", "return", "shutdown"),
                         [](const auto& how) { return std::string(how.param); });

TEST_F(LifeTest, ShutdownIsOrderlyAndMayBeCalledTwice) {
  ServiceBundle bundle(options());
  auto& one = bundle.add(
      "One", talker("trap 'echo told; exit 0' TERM; echo set; while :; do sleep 0.02; done"));
  bundle.startup();
  const pid_t pid = one.pid();
  one.logs().tail().until([](std::string_view line) { return line == "set"; },
                          {.timeout = kPatience, .lines_back = 9});
  EXPECT_EQ(running_bundles(), std::vector<ServiceBundle*>{&bundle});
  bundle.shutdown();
  bundle.shutdown();
  EXPECT_EQ(one.logs().out().text(), "READY\nset\ntold\n");
  EXPECT_FALSE(is_alive(pid));
  EXPECT_TRUE(running_bundles().empty());
  EXPECT_EQ(one.pid(), 0);
  EXPECT_THROW((void)one.process(), ServiceDied);
  EXPECT_THROW(bundle.time_travel({.days = 1}), ServiceDied);
  EXPECT_THROW(bundle.startup(), Error);
}

/// What a forked child does; its exit code says whether it went well.
int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 1;
    try {
      work();
      code = testing::Test::HasFailure() ? 2 : 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in the child: %s\n", error.what());
    }
    ::_exit(code);
  }
  int status = 0;
  (void)::waitpid(child, &status, 0);
  return status;
}

TEST_F(LifeTest, ForkedChildUsesTheBundleAndLeavesIt) {
  auto bundle = std::make_unique<ServiceBundle>(options());
  auto& one = bundle->add("One", talker());
  bundle->startup();
  const int status = in_child([&] {
    bundle->log("from the child");
    EXPECT_EQ(one.logs().out().text(), "READY\n");
    EXPECT_EQ(one.subcommand("echo", "hello").run({.check_output = true}).output, "hello\n");
    EXPECT_TRUE(bundle->is_running());
    EXPECT_TRUE(running_bundles().empty()) << "they are the parent's";
    bundle->shutdown();
    EXPECT_TRUE(bundle->is_running());
    bundle.reset();
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(one.process().is_running());
  EXPECT_NE(bundle->logs().text().find("from the child"), std::string::npos);
}

TEST_F(LifeTest, IsOverWhenAServiceHasDied) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  auto& two = bundle.add("Two", talker("sleep 0.2; exit 4"));
  bundle.startup();
  EXPECT_THROW((void)one.subcommand("sleep", "1000").run({.timeout = kPatience}), ServiceDied);
  wait_until([&] { return !bundle.is_running(); }, "the bundle runs on");
  EXPECT_TRUE(running_bundles().empty());
  EXPECT_EQ(two.pid(), 0);
  EXPECT_EQ(bundle.supervisor_pid(), 0);
}

TEST_F(LifeTest, IsOverWhenTheSupervisorHasBeenKilled) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  EXPECT_EQ(::kill(bundle.supervisor_pid(), SIGKILL), 0);
  wait_until([&] { return !bundle.is_running(); }, "the bundle runs on");
  EXPECT_EQ(one.pid(), 0);
}

TEST_F(LifeTest, SetupMayShutItsOwnBundleDown) {
  for (const bool in_setup : {true, false}) {
    std::atomic<bool> went_on = false;
    {
      ServiceBundle bundle(options());
      const auto end = [&](Service&) {
        bundle.shutdown();
        std::this_thread::sleep_for(200ms);  // longer than the other threads take
        went_on = true;
      };
      bundle.add("One", talker("", in_setup ? ServiceOptions{.setup = end}
                                            : ServiceOptions{.poststart = end}));
      EXPECT_THROW(bundle.startup(), Error);
    }
    EXPECT_TRUE(went_on) << "the bundle is there until its setup() has ended";
  }
}

TEST_F(LifeTest, ADeletedWorkingDirectoryIsAnErrorOfTheLibrary) {
  const auto gone = project() / "gone";
  EXPECT_EQ(0, in_child([&] {
              std::filesystem::create_directory(gone);
              std::filesystem::current_path(gone);
              std::filesystem::remove(gone);
              EXPECT_THROW(ServiceBundle(BundleOptions{.quiet = true}).add("A", talker()), Error);
            }));
}

TEST_F(LifeTest, ThreadThatStartsABundleMayEnd) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  std::jthread([&] { bundle.startup(); }).join();
  std::this_thread::sleep_for(100ms);  // a parent-death signal would have come by now
  EXPECT_TRUE(one.process().is_running());
}

TEST_F(LifeTest, ManyThreadsAtOnce) {
  ServiceBundle bundle(options());
  for (int i = 0; i < 5; ++i) {
    bundle.add("S" + std::to_string(i),
               talker("for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.02; done"));
  }
  bundle.startup();
  std::vector<std::jthread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&, i] {
      auto& service = bundle["S" + std::to_string(i % 5)];
      for (int round = 0; round < 5; ++round) {
        bundle.log("round " + std::to_string(round));
        EXPECT_GT(service.pid(), 0);
        EXPECT_EQ(
            service.subcommand("echo", std::to_string(round)).run({.check_output = true}).output,
            std::to_string(round) + "\n");
      }
      service.logs().tail().until([](std::string_view line) { return line == "line 9"; },
                                  {.timeout = kPatience, .lines_back = 99});
      bundle.time_travel({.seconds = 60});
      ++done;
    });
  }
  threads.clear();
  EXPECT_EQ(done, 10);
}

TEST_F(LifeTest, TwoBundlesInOneProcess) {
  ServiceBundle one(options()), two(options());
  one.add("Same", talker("echo one"));
  two.add("Same", talker("echo two"));
  one.startup();
  two.startup();
  one.time_travel({.days = 1});
  EXPECT_GT(one.now() - two.now(), 23h);
  EXPECT_NE(one["Same"].pid(), two["Same"].pid());
  one.shutdown();
  EXPECT_EQ(two["Same"].subcommand("echo", "there").run({.check_output = true}).output, "there\n");
  two["Same"].logs().tail().until([](std::string_view line) { return line == "two"; },
                                  {.timeout = kPatience, .lines_back = 9});
  EXPECT_EQ(two["Same"].logs().text(), "[Same] READY\n[Same] two\n");
}

TEST_F(LifeTest, ServiceThatDiesEndsTheBundleAndEveryWait) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  const auto kill = [&] {
    std::this_thread::sleep_for(100ms);
    (void)one.process().kill();
  };
  const std::jthread killer(kill);
  try {
    one.logs().tail().until([](std::string_view) { return false; });
    FAIL() << "it did not throw";
  } catch (const ServiceDied& error) {
    EXPECT_NE(std::string(error.what()).find("service 'One' died"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("READY"), std::string::npos) << error.what();
  }
  EXPECT_THROW(one.subcommand("true").run(), ServiceDied);
  EXPECT_FALSE(bundle.is_running());
  EXPECT_TRUE(running_bundles().empty());
  EXPECT_EQ(one.pid(), 0);
}

TEST_F(LifeTest, SupervisorThatIsKilledIsNoticed) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  EXPECT_TRUE(bundle.is_running());
  ASSERT_EQ(::kill(bundle.supervisor_pid(), SIGKILL), 0);
  wait_until([&] { return !bundle.is_running(); }, "the end is noticed");
  EXPECT_TRUE(running_bundles().empty());
  EXPECT_EQ(bundle.supervisor_pid(), 0);
  EXPECT_EQ(one.pid(), 0);
}

TEST_F(LifeTest, ForkedChildNoticesTheEnd) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  const pid_t pid = one.pid();
  const int status = in_child([&] {
    EXPECT_TRUE(bundle.is_running());
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    wait_until([&] { return !bundle.is_running(); }, "the end is noticed");
    EXPECT_EQ(one.pid(), 0);
  });
  EXPECT_EQ(status, 0);
}

TEST_F(LifeTest, SubcommandThatEndsWithTheBundleTellsWhy) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  auto& two = bundle.add("Two", talker());
  bundle.startup();
  const auto kill = [&] {
    wait_until([&] { return std::filesystem::exists(project() / "begun"); }, "it has begun");
    EXPECT_EQ(::kill(one.pid(), SIGKILL), 0);
  };
  const std::jthread killer(kill);
  try {
    two.subcommand("sh", "-c", "touch begun; exec sleep 1000").run();
    FAIL() << "it did not throw";
  } catch (const ServiceDied& error) {
    EXPECT_NE(std::string(error.what()).find("service 'One' died"), std::string::npos)
        << error.what();
  }
}

/// Stopped by a signal, or frozen in its control group.
bool stands_still(Service& service) {
  if (*service.process().status() == "stopped") return true;
  std::ifstream groups("/proc/" + std::to_string(service.pid()) + "/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      std::ifstream events(root + line.substr(3) + "/cgroup.events");
      for (std::string event; std::getline(events, event);) {
        if (event == "frozen 1") return true;
      }
    }
  }
  return false;
}

TEST_F(LifeTest, ServicesOneByOne) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  one.pause();
  wait_until([&] { return stands_still(one); }, "it stands still");
  one.unpause();
  one.kill(SIGTERM);
  EXPECT_EQ(one.wait(), 128 + SIGTERM);
  EXPECT_EQ(one.pid(), 0);
  EXPECT_THROW((void)one.process(), Error);
  one.start();
  EXPECT_GT(one.pid(), 0);
}

TEST_F(LifeTest, ServiceThatWasStoppedHasAnExitCode) {
  ServiceBundle bundle(options());
  auto& one =
      bundle.add("One", talker("trap 'exit 7' TERM; echo set; while :; do sleep 0.02; done"));
  auto& two = bundle.add("Two", talker());
  bundle.startup();
  one.logs().tail().until([](std::string_view line) { return line == "set"; },
                          {.timeout = kPatience, .lines_back = 9});
  one.stop();
  EXPECT_EQ(one.wait(), 7);
  std::atomic<bool> is_waiting = false;
  const std::jthread waiting([&] {
    is_waiting = true;
    try {
      EXPECT_EQ(two.wait(), 128 + SIGTERM);
    } catch (const ServiceDied&) {  // the answer came too late
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  });
  wait_until([&] { return is_waiting.load(); }, "it waits");
  bundle.shutdown();
}

TEST_F(LifeTest, WhatNoSubcommandCanHave) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  auto command = one.subcommand("true");
  EXPECT_THROW(command.with_env("A=B", "c"), BundleMisconfiguration);
  EXPECT_THROW(command.with_env("", "c"), BundleMisconfiguration);
  EXPECT_THROW(command.with_env("A", std::string("a\0b", 3)), BundleMisconfiguration);
  EXPECT_EQ(command.with_env("A", "=").run().exit_code, 0);
  EXPECT_THROW(one.subcommand(std::vector<std::string>()).run(), BundleMisconfiguration);
  try {
    one.subcommand("echo", std::string("nu\0ll", 5)).run();
    FAIL() << "it did not throw";
  } catch (const BundleMisconfiguration& error) {
    EXPECT_STREQ(error.what(), "a word of a sub-command has a NUL in it: 'nu\xEF\xBF\xBDll'");
  }
}

TEST_F(LifeTest, TimesThatNoClockShows) {
  using namespace std::chrono;  // NOLINT: for the calendar
  ServiceBundle bundle(options());
  bundle.add("One", talker());
  bundle.startup();
  EXPECT_THROW(bundle.time_travel_to(sys_time<seconds>::max()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_time<seconds>::min()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_days::max()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_days::min()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_days(year(10000) / 1 / 1)), RequestFailed);
  testing::internal::CaptureStdout();
  bundle.time_travel({.seconds = 1e-9});
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_EQ(said, "Time traveling to now\n");
}

}  // namespace

}  // namespace client_tests
