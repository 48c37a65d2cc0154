// What a test does before a service starts and once it is ready.

#include <fstream>
#include <thread>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

class MyService : public Service {
 public:
  MyService()
      : Service({.command = {"/bin/sh", "-c",
                             "cat made; trap 'echo told to quit; exit 0' QUIT; "
                             "echo line in logs that signals readiness; "
                             "while :; do sleep 0.02; done"},
                 .log_line_ready_checker =
                     [](const Line& line) { return line.contains("that signals readiness"); },
                 .stop_signal = "QUIT"}) {}

  void setup() override {
    order.emplace_back("setup", pid());
    thread = std::this_thread::get_id();
    std::ofstream(directory() / "made") << "in setup\n";
    log("logged in setup");
    subcommand("sh", "-c", "echo run in setup; echo wrong >&2").run();
  }
  void poststart() override {
    order.emplace_back("poststart", pid());
    warn("warned in poststart");
    seen = subcommand("cat", "made").run({.check_output = true}).output;
  }

  std::vector<std::pair<std::string, pid_t>> order;
  std::thread::id thread;
  std::string seen;
};

std::vector<std::string> texts(const Logs& logs) {
  std::vector<std::string> found;
  for (const auto& line : logs.lines()) found.push_back(line.text);
  return found;
}

using Texts = std::vector<std::string>;
using HooksTest = ClientTest;

TEST_F(HooksTest, SetupAndPoststartRunInTheTestsProcess) {
  ServiceBundle bundle(options());
  auto& service = bundle.add<MyService>("MyService");
  bundle.add("After", talker("", {.needs = {"MyService"}}));
  bundle.startup();
  ASSERT_EQ(service.order.size(), 2U);
  EXPECT_EQ(service.order[0], (std::pair<std::string, pid_t>("setup", 0)));
  EXPECT_EQ(service.order[1], (std::pair<std::string, pid_t>("poststart", service.pid())));
  EXPECT_NE(service.thread, std::this_thread::get_id());
  EXPECT_EQ(service.seen, "in setup\n");
  EXPECT_EQ(texts(service.logs().out()),
            (Texts{"in setup", "line in logs that signals readiness"}));
  service.logs().setup().out().tail().until(
      [](std::string_view line) { return line == "run in setup"; },
      {.timeout = kPatience, .lines_back = 9});
  EXPECT_EQ(texts(service.logs().setup().out()), (Texts{"logged in setup", "run in setup"}));
  EXPECT_EQ(texts(service.logs().setup().err()), (Texts{"wrong"}));
  EXPECT_EQ(texts(service.logs().poststart()), (Texts{"warned in poststart"}));
  EXPECT_EQ(service.logs().poststart().text(), "[Post! MyService] warned in poststart\n");
  bundle.shutdown();
  EXPECT_EQ(service.logs().out().lines().back(), "told to quit");
}

TEST_F(HooksTest, FunctionsWillDo) {
  ServiceBundle bundle(options());
  std::string order;
  bundle.add("One", talker("", {.setup = [&](Service& service) { order += "s" + service.name(); },
                                .poststart = [&](Service&) { order += "p"; }}));
  bundle.startup();
  EXPECT_EQ(order, "sOnep");
}

TEST_F(HooksTest, WhatTheyThrowStartupThrows) {
  struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  for (const std::string where : {"setup", "poststart", "checker"}) {
    ServiceBundle bundle(options());
    auto service = talker();
    const auto fail = [&](const Service&) { throw Wrong("wrong in " + where); };
    if (where == "setup") service.setup = fail;
    if (where == "poststart") service.poststart = fail;
    if (where == "checker") {
      service.log_line_ready_checker = [&](const Line&) -> bool {
        throw Wrong("wrong in checker");
      };
    }
    bundle.add("One", service);
    try {
      bundle.startup();
      FAIL() << where << " did not throw";
    } catch (const Wrong& error) {
      EXPECT_EQ(error.what(), "wrong in " + where);
    }
    EXPECT_FALSE(bundle.is_running());
    EXPECT_NE(bundle.logs().text().find("threw: wrong in " + where), std::string::npos)
        << bundle.logs();
  }
  EXPECT_EQ(bundles_left(), 0U);
}

TEST_F(HooksTest, MayShutTheirOwnBundleDown) {
  for (const std::string where : {"setup", "poststart", "checker"}) {
    std::atomic<bool> is_over = false;
    {
      ServiceBundle bundle(options());
      auto service = talker();
      const auto end = [&] {
        bundle.shutdown();
        std::this_thread::sleep_for(300ms);  // while the other thread would take all of it apart
        EXPECT_FALSE(bundle.is_running());
        is_over = true;
      };
      if (where == "setup") service.setup = [&](Service&) { end(); };
      if (where == "poststart") service.poststart = [&](Service&) { end(); };
      if (where == "checker") {
        service.log_line_ready_checker = [&](const Line&) {
          end();
          return true;
        };
      }
      bundle.add("One", service);
      try {
        bundle.startup();
        ADD_FAILURE() << where << ": it has started";
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("shut down"), std::string::npos) << error.what();
      }
    }
    EXPECT_TRUE(is_over) << where << " still ran when the bundle was destroyed";
  }
}

TEST_F(HooksTest, MayShutTheirOwnBundleDownAllAtOnce) {
  for (int round = 0; round < 3; ++round) {
    ServiceBundle bundle(options());
    std::atomic<int> there = 0, over = 0;
    const auto end = [&](Service&) {
      ++there;
      wait_until([&] { return there == 2; }, "the other one's setup()");
      bundle.shutdown();
      ++over;
    };
    bundle.add("One", talker("", {.setup = end}));
    bundle.add("Two", talker("", {.setup = end}));
    std::jthread third([&] {
      wait_until([&] { return there == 2; }, "both");
      bundle.shutdown();
      EXPECT_EQ(over, 2);
    });
    EXPECT_THROW(bundle.startup(), Error);
    third.join();
    EXPECT_EQ(over, 2);
  }
}

TEST_F(HooksTest, WhatIsNoExceptionAsWell) {
  ServiceBundle bundle(options());
  bundle.add("One", talker("", {.setup = [](Service&) { throw 42; }}));
  EXPECT_THROW(bundle.startup(), int);
}

TEST_F(HooksTest, ServicesThatDoNotNeedEachOtherAreSetUpSideBySide) {
  ServiceBundle bundle(options());
  std::atomic<int> there = 0;
  const auto meet = [&](Service&) {
    ++there;
    wait_until([&] { return there == 2; }, "the other one's setup()");
  };
  bundle.add("One", talker("", {.setup = meet}));
  bundle.add("Two", talker("", {.setup = meet}));
  bundle.startup();
  EXPECT_EQ(there, 2);
}

TEST_F(HooksTest, StartAgainRunsThemAgain) {
  ServiceBundle bundle(options());
  std::string order;
  auto& one = bundle.add("One", talker("", {.setup = [&](Service&) { order += "s"; },
                                            .poststart = [&](Service&) { order += "p"; }}));
  bundle.startup();
  one.restart();
  one.stop();
  EXPECT_EQ(one.pid(), 0);
  one.start();
  EXPECT_EQ(order, "spspsp");
}

}  // namespace

}  // namespace client_tests
