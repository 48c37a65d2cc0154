// The log: lines as they were printed, and waits for those that come.

#include <fstream>
#include <thread>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

using LogsTest = ClientTest;

TEST_F(LogsTest, LinesKnowWhoPrintedThemAndWhen) {
  const auto before = std::chrono::system_clock::now();
  const auto steady_before = std::chrono::steady_clock::now();
  ServiceBundle bundle(options());
  bundle.add("One", talker("echo wrong >&2; printf 'no newline'"));
  bundle.startup();
  wait_until([&] { return bundle["One"].logs().lines().size() == 3; }, "three lines");
  const auto ready = bundle["One"].logs().out().lines().front();
  EXPECT_EQ(ready.text, "READY");
  EXPECT_EQ(ready.service, "One");
  EXPECT_EQ(ready.stream, Stream::kOut);
  EXPECT_EQ(ready.phase, Phase::kRun);
  EXPECT_EQ(ready.label(), "One");
  EXPECT_GE(ready.time, before);
  EXPECT_LE(ready.time, std::chrono::system_clock::now());
  EXPECT_GE(ready.monotonic, steady_before);
  EXPECT_LE(ready.monotonic, std::chrono::steady_clock::now());
  EXPECT_EQ(bundle["One"].logs().err().text(), "wrong\n");
  EXPECT_EQ(bundle["One"].logs().out().lines().back(), "no newline");
}

TEST_F(LogsTest, AnyBytesAndLongLines) {
  ServiceBundle bundle(options());
  bundle.add(
      "One",
      talker("printf 'a\\000b\\377\\n'; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end"));
  bundle.startup();
  const auto lines = bundle["One"].logs().out();
  lines.tail().until([](std::string_view line) { return line == "end"; },
                     {.timeout = kPatience, .lines_back = 99});
  const auto all = lines.lines();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].text, std::string("a\0b\xFF", 4));
  EXPECT_EQ(all[2].text, std::string(5'000'000, 'x'));
}

TEST_F(LogsTest, UntilTimesOut) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  try {
    one.logs().out().tail().until([](std::string_view) { return false; },
                                  {.timeout = 50ms, .lines_back = 5});
    FAIL() << "it did not throw";
  } catch (const LogTimeout& error) {
    EXPECT_STREQ(error.what(),
                 "no line of 'One' stdout was the one that was waited for, in 50 ms; 1 lines came. "
                 "The last ones:\nREADY\n");
  }
}

TEST_F(LogsTest, LinesBackCountTheStreamsOwnLines) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("echo 1; echo 2; echo 3; echo x >&2; echo y >&2"));
  bundle.startup();
  wait_until([&] { return one.logs().lines().size() == 6; }, "six lines");
  std::string seen;
  const auto collect = [&](const Line& line) {
    seen += line.text;
    return line == "3";
  };
  one.logs().out().tail().until(collect, {.timeout = kPatience, .lines_back = 2});
  EXPECT_EQ(seen, "23");
  EXPECT_THROW(one.logs().out().tail().until(collect, {.timeout = 10ms}), LogTimeout);
}

TEST_F(LogsTest, NoTimeAtAllIsEnoughForWhatIsThere) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("for i in 1 2 3; do echo line $i; done"));
  bundle.startup();
  wait_until([&] { return one.logs().lines().size() == 4; }, "four lines");
  const auto tail = one.logs().out().tail();
  for (const auto timeout : {0ms, -5ms, std::chrono::milliseconds::min()}) {
    const auto line = tail.until([](std::string_view text) { return text == "line 3"; },
                                 {.timeout = timeout, .lines_back = 4});
    EXPECT_EQ(line, "line 3");
    std::size_t seen = 0;
    const auto count = [&](const Line&) { return ++seen > 0; };
    tail.follow(count, {.timeout = timeout, .lines_back = 4});
    EXPECT_EQ(seen, 4U);
    EXPECT_THROW(tail.until([](std::string_view) { return false; }, {.timeout = timeout}),
                 LogTimeout);
  }
}

TEST_F(LogsTest, TimeWithoutEndIsNotOver) {
  using std::chrono::milliseconds;
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("while :; do sleep 0.1; echo '[1]'; done"));
  bundle.startup();
  const auto tail = one.logs().out().tail();
  for (const milliseconds timeout : {milliseconds::max(), milliseconds(std::chrono::years(300))}) {
    EXPECT_EQ(tail.until([](std::string_view) { return true; }, {.timeout = timeout}), "[1]");
    EXPECT_EQ(tail.until_json([](const Json&) { return true; }, {.timeout = timeout})[0], 1);
    std::size_t seen = 0;
    tail.follow([&](const Line&) { return ++seen < 2; }, {.timeout = timeout});
    EXPECT_EQ(seen, 2U);
    EXPECT_EQ(one.subcommand("sleep", "0.1").run({.timeout = timeout}).exit_code, 0);
  }
}

TEST_F(LogsTest, LinesBackAreThoseThatAreFinished) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("echo 1; echo 2; printf 'not yet' >&2; printf unfinished"));
  bundle.startup();
  wait_until([&] { return one.logs().lines().size() == 5; }, "five lines");
  std::string seen;
  const auto collect = [&](const Line& line) {
    seen += line.text;
    return true;
  };
  one.logs().out().tail().follow(collect, {.timeout = 0ms, .lines_back = 1});
  EXPECT_EQ(seen, "2");
  seen.clear();
  one.logs().tail().follow(collect, {.timeout = 0ms, .lines_back = 2});
  EXPECT_EQ(seen, "12");
  seen.clear();
  one.logs().tail().follow(collect, {.timeout = 0ms, .lines_back = std::size_t(-1)});
  EXPECT_EQ(seen, "READY12");
}

TEST_F(LogsTest, MessagesHaveNoEndlessLines) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("head -c 8000000 /dev/zero | tr '\\0' x; echo; echo end"));
  bundle.startup();
  one.logs().tail().until([](std::string_view line) { return line == "end"; },
                          {.timeout = kPatience, .lines_back = 9});
  try {
    one.logs().tail().until([](const Line&) { return false; }, {.timeout = 1ms, .lines_back = 9});
    FAIL() << "it did not throw";
  } catch (const LogTimeout& error) {
    const std::string said = error.what();
    EXPECT_LT(said.size(), 70'000U);
    EXPECT_NE(said.find("xx [the line is longer]\n[One] end\n"), std::string::npos);
  }
}

TEST_F(LogsTest, MovedFromIsStillOfItsService) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.add("Two", talker());
  bundle.startup();
  auto logs = one.logs();
  const auto moved = std::move(logs);
  EXPECT_EQ(moved.out().text(), "READY\n");
  EXPECT_EQ(logs.out().text(), "READY\n");  // NOLINT: that is what is looked at
}

TEST_F(LogsTest, UntilJsonPassesOverWhatIsNone) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker(R"(echo '{"n": 1}'; echo '{'; echo '"text"'; echo '[1, 2]'
      echo '{"event": "paid", "sum": 42.5}')"));
  bundle.startup();
  const auto paid = one.logs().out().tail().until_json(
      [](const Json& event) { return event["sum"].as_double() > 40; },
      {.timeout = kPatience, .lines_back = 99});
  EXPECT_EQ(paid, (Json{{"event", "paid"}, {"sum", 42.5}}));
  EXPECT_EQ(one.logs().json().size(), 3U);
}

TEST_F(LogsTest, WhatThePredicateThrowsComesOut) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker());
  bundle.startup();
  const auto wrong = [](const Line&) -> bool { throw std::domain_error("mine"); };
  EXPECT_THROW(one.logs().tail().until(wrong, {.timeout = kPatience, .lines_back = 1}),
               std::domain_error);
}

TEST_F(LogsTest, RemarksOfTheTest) {
  ServiceBundle bundle(options());
  bundle.add("One", talker());
  bundle.startup();
  bundle.log("of the test");
  bundle.warn("as an error");
  bundle.log("with a newline\n");
  bundle.log("");
  bundle.log(std::string("odd \0\xFF", 6));
  bundle.log(std::string(200'000, 'x'));
  const auto text = bundle.logs().text();
  EXPECT_NE(text.find("[    Test] of the test\n"), std::string::npos) << text.substr(0, 500);
  EXPECT_NE(text.find("[    Test] with a newline\n[    Test] \n[    Test] odd"), std::string::npos)
      << text.substr(0, 500);
  EXPECT_NE(text.find("[Err Test] as an error\n"), std::string::npos);
  EXPECT_NE(text.find("odd \xEF\xBF\xBD\xEF\xBF\xBD\n"), std::string::npos);
}

TEST_F(LogsTest, AreShownWhileTheBundleRuns) {
  testing::internal::CaptureStdout();
  {
    auto shown = options();
    shown.quiet = false;
    ServiceBundle bundle(shown);
    bundle.add("One", talker("echo shown; echo wrong >&2"));
    bundle.startup();
    bundle["One"].logs().tail().until([](std::string_view line) { return line == "wrong"; },
                                      {.timeout = kPatience, .lines_back = 9});
    bundle.start_interactive_mode();
    bundle.log("not shown");
    bundle.stop_interactive_mode();
  }
  const auto text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("One] shown\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("not shown"), std::string::npos) << text;
}

TEST_F(LogsTest, TimeoutsOfNothingAndOfAges) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("echo first; echo second; sleep 0.2; echo third"));
  bundle.startup();
  one.logs().tail().until([](std::string_view line) { return line == "second"; },
                          {.timeout = kPatience, .lines_back = 9});
  const auto is_first = [](std::string_view line) { return line == "first"; };
  for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()}) {
    one.logs().tail().until(is_first, {.timeout = timeout, .lines_back = 9});
  }
  EXPECT_THROW(one.logs().tail().until([](std::string_view) { return false; }, {.timeout = 0ms}),
               LogTimeout);
  one.logs().tail().until([](std::string_view line) { return line == "third"; },
                          {.timeout = std::chrono::milliseconds::max(), .lines_back = 9});
  one.subcommand("sleep", "0.1").run({.timeout = std::chrono::milliseconds::max()});
}

TEST_F(LogsTest, MessagesShowThePartOfALineThatFits) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("head -c 8000000 /dev/zero | tr '\\0' x; echo; echo last"));
  bundle.startup();
  one.logs().tail().until([](std::string_view line) { return line == "last"; },
                          {.timeout = kPatience, .lines_back = 9});
  try {
    one.logs().tail().until([](std::string_view) { return false; }, {.timeout = 0ms});
    FAIL() << "there was no such line";
  } catch (const LogTimeout& timeout) {
    const std::string_view text = timeout.what();
    EXPECT_LT(text.size(), 70'000U);
    EXPECT_NE(text.find("xxx [the line is longer]\n"), text.npos);
    EXPECT_NE(text.find("last\n"), text.npos);
  }
}

TEST_F(LogsTest, TimesThatNoClockShowsAreRefused) {
  using namespace std::chrono;  // NOLINT
  ServiceBundle bundle(options());
  bundle.add("One", talker());
  bundle.startup();
  EXPECT_THROW(bundle.time_travel_to(sys_days::max()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_time<seconds>::max()), RequestFailed);
  EXPECT_THROW(bundle.time_travel_to(sys_time<seconds>::min()), RequestFailed);
  bundle.time_travel_to(sys_days(2030y / 1 / 1));
}

}  // namespace

}  // namespace client_tests
