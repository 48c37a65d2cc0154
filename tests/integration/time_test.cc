// The wall clock of a bundle, seen by real programs and changed from the command line.
#include <signal.h>

#include <chrono>
#include <sstream>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::StartsWith;

class Time : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    // Old reads the clock all the time, without system calls; New starts a program for it.
    bundle.write_file("old.py", R"(
import time
while True:
    print(time.strftime("old %Y-%m-%d %H", time.gmtime()), flush=True)
    time.sleep(0.02)
)");
    bundle.write(R"(
name: timed
clock: {start: "2015-07-11T10:36:58Z"}
services:
  Old: {command: [/usr/bin/python3, old.py], ready: old}
  New: {shell: "while :; do date -u '+new %Y-%m-%d %H'; sleep 0.02; done", ready: new}
)");
  }
  void TearDown() override {
    if (is_up_) (void)run({"down"});
    HitchTest::TearDown();
  }
  void up() {
    ASSERT_TRUE(exited(run({"up", "-d"}), 0));
    is_up_ = true;
  }
  /// Programs that run and ones that start now both say this.
  void expect_all_see(const std::string& hour) {
    for (const char* service : {"Old", "New"}) {
      const auto seen = run({"logs", service, "--until", hour, "--timeout", "60s"});
      EXPECT_TRUE(exited(seen, 0)) << service << " never said " << hour;
    }
    EXPECT_EQ(run({"exec", "Old", "date", "-u", "+%Y-%m-%d %H"}).out, hour + "\n");
  }

 private:
  bool is_up_ = false;
};

TEST_F(Time, TravelsReachWhatRunsAndWhatStarts) {
  up();
  expect_all_see("2015-07-11 10");
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2031-02-03T04:05:06Z"}), 0));
  expect_all_see("2031-02-03 04");
  EXPECT_TRUE(exited(run({"time", "travel", "--days", "1", "--hours=-2"}), 0));
  expect_all_see("2031-02-04 02");
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2001-01-01T00:00:30Z"}), 0));  // back
  expect_all_see("2001-01-01 00");
}

TEST_F(Time, DateWithoutAZoneIsTheCallersLocalTime) {
  up();
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2020-01-01 00:00"},
                         {.environment = {{"TZ", "America/New_York"}}}),
                     0));
  EXPECT_THAT(run({"time", "now"}).out, StartsWith("2020-01-01T05:00:0"));
}

TEST_F(Time, AnswersInTheWordsOfItsPredecessor) {
  up();
  (void)run({"time", "travel", "--reset"});
  EXPECT_EQ(run({"time", "travel", "--days", "1"}).out, "Time traveling to 23 hours from now\n");
  EXPECT_EQ(run({"time", "travel", "--days", "1"}).out, "Time traveling to a day from now\n");
  EXPECT_THAT(run({"logs", "Hitch"}).out, HasSubstr("Time traveling to a day from now"));
}

TEST_F(Time, FrozenClockStandsStillUntilItIsResumed) {
  up();
  EXPECT_THAT(run({"time", "freeze"}).out, StartsWith("Time stands still at 2015-07-11T10:3"));
  const auto now = run({"time", "now"}).out;
  const std::vector<std::string> nanoseconds{"exec", "Old", "date", "+%s%N"};
  const auto seen = run(nanoseconds).out;
  EXPECT_EQ(run({"time", "now"}).out, now);
  EXPECT_EQ(run(nanoseconds).out, seen);
  EXPECT_THAT(run({"time", "resume"}).out, StartsWith("Time goes on from"));
  EXPECT_NE(run(nanoseconds).out, seen);
}

TEST_F(Time, RateLeavesTheMonotonicClockAlone) {
  bundle.write("clock: {rate: 3600}\nservices: {}\n");
  bundle.write_file("hour.py", R"(
import time
wall, steady = time.time(), time.monotonic()
while time.time() < wall + 3600 and time.monotonic() < steady + 60: pass
print(time.monotonic() - steady < 30)
)");
  const auto result = run_script("exec python3 hour.py");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "True\n");
}

int year_now() {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return static_cast<int>(std::chrono::year_month_day(today).year());
}

/// Seconds that a program in the bundle thinks the machine has been up, by two of its clocks.
std::vector<double> uptimes(const std::string& printed) {
  std::istringstream words(printed);
  std::vector<double> seconds;
  for (double one = 0; words >> one;) seconds.push_back(one);
  return seconds;
}
constexpr const char* kPrintUptimes =
    "exec python3 -c 'import time; print(time.monotonic(), "
    "time.clock_gettime(time.CLOCK_BOOTTIME))'";

TEST_F(Time, BundleBootsWhenItIsStarted) {
  bundle.write("services: {}\n");
  const auto result = run_script(kPrintUptimes);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(uptimes(result.out), ElementsAre(AllOf(Ge(0), Lt(120)), AllOf(Ge(0), Lt(120))));
}

TEST_F(Time, MonotonicOffsetIsAnUptime) {
  bundle.write("clock: {monotonic_offset: 49d}\nservices: {}\n");
  const auto result = run_script(kPrintUptimes);
  EXPECT_TRUE(exited(result, 0));
  constexpr double kDays = 49.0 * 86400;
  const auto soon_after = AllOf(Ge(kDays), Lt(kDays + 120));
  EXPECT_THAT(uptimes(result.out), ElementsAre(soon_after, soon_after));
}

TEST_F(Time, ServiceMayKeepTheMachinesClock) {
  bundle.write(R"(
name: timed
clock: {start: "2015-07-11T10:36:58Z"}
services:
  Old: {command: [sleep, '1000'], setup: [[date, -u, +%Y]]}
  Real: {command: [sleep, '1000'], setup: [[date, -u, +%Y]], clock: real}
)");
  up();
  const std::string year = std::to_string(year_now());
  EXPECT_EQ(run({"logs", "Old", "--setup"}).out, "[   Setup Old] 2015\n");
  EXPECT_EQ(run({"logs", "Real", "--setup"}).out, "[  Setup Real] " + year + "\n");
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2001-02-03T00:00:00Z"}), 0));
  EXPECT_EQ(run({"exec", "Old", "date", "-u", "+%Y"}).out, "2001\n");
  // A grandchild in a session of its own, whose parent is gone, and a raw system call.
  EXPECT_EQ(
      run({"exec", "Real", "sh", "-c", "setsid -w sh -c 'date -u +%Y; exec date -u +%Y'"}).out,
      year + '\n' + year + '\n');
  const std::string raw =
      "import ctypes; print(ctypes.CDLL(None).syscall(201, 0) > 1700000000)";  // time(2)
  EXPECT_EQ(run({"exec", "Real", "python3", "-c", raw}).out, "True\n");
  EXPECT_EQ(run({"exec", "Old", "python3", "-c", raw}).out, "False\n");
}

class Libfaketime : public Time {
 protected:
  static constexpr const char* kBundle = R"(
name: timed
clock: {start: "2015-07-11T10:36:58Z", backend: libfaketime}
services:
  Old: {command: [sleep, '1000']}
  Real: {command: [sleep, '1000'], clock: real}
)";
  std::string year_in(const std::string& service) {
    return run({"exec", service, "date", "-u", "+%Y"}).out;
  }
};

TEST_F(Libfaketime, ShowsTheBundlesTimeToProgramsThatLoadLibraries) {
  bundle.write(kBundle);
  up();
  EXPECT_EQ(year_in("Old"), "2015\n");
  EXPECT_EQ(year_in("Real"), std::to_string(year_now()) + '\n');
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2001-02-03T00:00:00Z"}), 0));
  EXPECT_EQ(year_in("Old"), "2001\n");
  EXPECT_TRUE(exited(run({"time", "freeze"}), 0));
  const auto frozen = run({"exec", "Old", "date", "+%s.%N"}).out;
  EXPECT_EQ(run({"exec", "Old", "date", "+%s.%N"}).out, frozen);
  EXPECT_TRUE(exited(run({"time", "travel", "--reset"}), 0));
  EXPECT_EQ(year_in("Old"), std::to_string(year_now()) + '\n');
  EXPECT_THAT(run({"--format", "json", "time", "now"}).out,
              HasSubstr(R"("backend":"libfaketime")"));
}

TEST_F(Libfaketime, RefusesWhatItCannotDo) {
  bundle.write("clock: {rate: 2, backend: libfaketime}\nservices: {}\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 2, "libfaketime has no rate"));
  bundle.write(kBundle);
  up();
  EXPECT_TRUE(failed_saying(run({"time", "rate", "60"}), 2, "libfaketime has no rate"));
  EXPECT_EQ(year_in("Old"), "2015\n");
}

TEST_F(Libfaketime, KnownBadPairsAreRefusedByName) {
  bundle.write(
      "clock: {backend: libfaketime}\nservices:\n  Cache: {command: [redis-server, --port, "
      "'0']}\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 125, "'redis-server' hangs when it starts"));
}

TEST_F(Libfaketime, StaticProgramsAreNamedOnce) {
  bundle.write("clock: {backend: libfaketime}\nservices: {}\n");
  const auto result = run({"run", "--", bundle.expand("@print_time@")});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.err, HasSubstr("print_time' sees the machine's time: it is static"));
}

TEST_F(Libfaketime, ProgramsOfAnotherLibcRunAndAreNamed) {
  bundle.write("clock: {backend: libfaketime}\nservices: {}\n");
  auto program = bundle.write_file(
      "year.c", "#include <stdio.h>\nint main(void) { return puts(\"ran\") < 0; }\n");
  const auto source = program.string();
  program.replace_extension();
  const auto compile = "musl-gcc -o " + program.string() + ' ' + source + " 2>/dev/null";
  if (std::system(compile.c_str()) != 0) {
    GTEST_SKIP() << "no musl-gcc";
  }
  const auto result = run({"run", "--", program.string()});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "ran\n");
  EXPECT_THAT(result.err, HasSubstr("year' sees the machine's time: it is made for musl's libc"));
}

/// A machine on which nobody can listen to system calls, as somebody does already.
TEST_F(Libfaketime, TakesThePlaceOfTheVdsoWhereThatIsRefused) {
  bundle.write("name: timed\nclock: {start: \"2015-07-11T10:36:58Z\"}\nservices: {}\n");
  const auto result =
      run({"run", "--", "/bin/date", "-u", "+%Y"}, {.prefix = {bundle.expand("@with_listener@")}});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "2015\n");
  EXPECT_THAT(result.err,
              HasSubstr("the bundle's clock is made by libfaketime: set up namespaces: load the "
                        "system call filter: Device or resource busy"));
}

TEST_F(Libfaketime, IsNotTakenWhereTheVdsoWasAskedFor) {
  bundle.write("clock: {backend: vdso}\nservices: {}\n");
  const auto result =
      run({"run", "--", "/bin/true"}, {.prefix = {bundle.expand("@with_listener@")}});
  EXPECT_TRUE(failed_saying(result, 125, "load the system call filter: Device or resource busy"));
}

TEST_F(Time, LogKnowsTheBundlesTime) {
  bundle.write("clock: {start: \"2015-07-11T10:36:58Z\"}\nservices: {}\n");
  EXPECT_TRUE(exited(run_script("echo said >&2"), 0));
  const auto lines = run({"logs", "Hitch", "--format", "json"}).out;
  EXPECT_THAT(lines, HasSubstr("\"bundle_time\":\"2015-07-11T10:3"));
}

TEST_F(Time, WhatCannotBeIsNamed) {
  up();
  EXPECT_TRUE(failed_saying(run({"time", "travel"}), 2, "has no destination"));
  EXPECT_TRUE(failed_saying(run({"time", "travel", "--to", "noon"}), 2, "is no date and time"));
  EXPECT_TRUE(failed_saying(run({"time", "travel", "--days", "4000000"}), 2, "9999"));
  EXPECT_TRUE(
      failed_saying(run({"time", "travel", "--days", "1", "--reset"}), 2, "a travel takes"));
  EXPECT_TRUE(failed_saying(run({"time", "travel", "--to", "0000-01-01"}), 2, "is no date"));
  EXPECT_TRUE(failed_saying(run({"time", "rate", "0"}), 2, "a number above 0"));
  EXPECT_TRUE(failed_saying(run({"time", "rate", "-1"}), 2, "a number above 0"));
  EXPECT_TRUE(failed_saying(run({"time", "rate", "nan"}), 2, "is no number"));
  EXPECT_TRUE(failed_saying(run({"time", "freeze", "5"}), 2, "takes no number"));
  expect_all_see("2015-07-11 10");
}

TEST_F(Time, BundleWithoutAClockSaysSo) {
  bundle.write("name: timed\nservices:\n  Stay: {command: [sleep, '1000']}\n");
  up();
  EXPECT_TRUE(failed_saying(run({"time", "travel", "--days", "1"}), 2, "has no clock of its own"));
}

TEST_F(Time, BundleThatLosesItsClockFails) {
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY"));
  pid_t keeper = 0;
  for (const auto& process : living_descendants(hitch->pid())) {
    if (process.name == "hitch-clock") keeper = process.pid;
  }
  ASSERT_GT(keeper, 0);
  ASSERT_EQ(::kill(keeper, SIGKILL), 0);
  EXPECT_TRUE(failed_saying(hitch->wait(), 125, "has lost its clock"));
}

TEST_F(Time, PostgresAndRedisGoByIt) {
  if (!std::filesystem::exists("/usr/lib/postgresql") ||
      !std::filesystem::exists("/usr/bin/redis-server")) {
    GTEST_SKIP() << "PostgreSQL or redis is not installed";
  }
  bundle.write(R"(
name: timed
startup_timeout: 60s
clock: {}
services:
  Db: {recipe: postgres}
  Cache: {recipe: redis}
)");
  ASSERT_TRUE(exited(run({"up", "-d"}, {.deadline = 120s}), 0));
  (void)run({"exec", "Cache", "redis-cli", "set", "k", "v", "EX", "3600"});
  EXPECT_EQ(run({"exec", "Cache", "redis-cli", "get", "k"}).out, "v\n");
  EXPECT_TRUE(exited(run({"time", "travel", "--to", "2040-01-01T00:00:00Z"}), 0));
  EXPECT_EQ(run({"exec", "Cache", "redis-cli", "get", "k"}).out, "\n");
  const auto year = run({"exec", "Db", "psql", "-Atc", "select extract(year from now())"});
  EXPECT_EQ(year.out, "2040\n");
  // A statement may still take as long as it may: that is a matter of the monotonic clock.
  const auto slow =
      run({"exec", "Db", "psql", "-Atc", "set statement_timeout = '300ms'; select pg_sleep(60)"});
  EXPECT_THAT(slow.err, HasSubstr("statement timeout"));
  EXPECT_TRUE(exited(run({"down"}), 0));
}

}  // namespace
}  // namespace hitch::testing
