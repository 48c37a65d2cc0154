// hitch logs: which bundle, which lines, in which form; damaged logs.
#include <signal.h>

#include <fstream>

#include "integration/harness/logs_test_base.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class LogsPrinted : public LogsTest {
 protected:
  void SetUp() override {
    LogsTest::SetUp();
    bundle.write(kShop);
  }
};

TEST_F(LogsPrinted, StreamsAreChosenByFlags) {
  auto hitch = up();
  EXPECT_EQ(logs({"Db", "--out"}),
            "[          Db] starting\n[          Db] ready for connections\n");
  EXPECT_EQ(logs({"Db", "--err"}), "[      Err Db] checkpoint\n");
  EXPECT_EQ(logs({"--setup", "--out"}), "[    Setup Db] initdb\n");
  EXPECT_EQ(logs({"--setup", "--err"}), "[   Setup! Db] no locale\n");
  EXPECT_EQ(logs({"--poststart"}), "[     Post Db] created\n");
  EXPECT_EQ(count_lines(logs({"Db", "--out", "--err"}), "."), 3);
  EXPECT_EQ(count_lines(logs({"--setup", "--poststart"}), "."), 3);
  EXPECT_TRUE(has_line(logs({"Hitch"}), R"(^\[       Hitch\] READY in .* seconds\.$)"));
  EXPECT_EQ(logs({"--teardown"}), "");
  (void)down(*hitch);
  EXPECT_EQ(logs({"--teardown"}), "[     Down Db] dropped\n");
}

TEST_F(LogsPrinted, LinesThatAreNotFinishedAreShown) {
  auto hitch = up();
  EXPECT_EQ(logs({"Api", "-n", "1"}), "[         Api] name: \n");
  hitch->send_signal(SIGKILL);
  (void)hitch->wait();
  EXPECT_EQ(logs({"Api", "-n", "1"}), "[         Api] name: \n");
  EXPECT_TRUE(exited(run({"run", "-q", "--", "true"}), 0));  // clears up after the killed one
}

TEST_F(LogsPrinted, LastLinesAreThoseThatMatch) {
  auto hitch = up();
  EXPECT_EQ(logs({"Db", "--out", "-n", "1"}), "[          Db] ready for connections\n");
  EXPECT_EQ(logs({"-n", "0"}), "");
  EXPECT_EQ(logs({"--json", "-n", "5"}), "{\"event\":\"started\"}\n");
  EXPECT_EQ(logs({"--json", "-n", "0"}), "");
  bundle.write_file("go", "");
  (void)run({"logs", "--until", "paid"});
  EXPECT_EQ(logs({"--json", "-n", "1"}), "{\"event\":\"paid\"}\n");
  EXPECT_EQ(logs({"--json"}), "{\"event\":\"started\"}\n{\"event\":\"paid\"}\n");
  (void)down(*hitch);
}

TEST_F(LogsPrinted, RecordsHaveAllThatTheLogKnows) {
  auto hitch = up();
  const std::string time = R"("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")";
  EXPECT_TRUE(has_line(
      logs({"Db", "--err", "--format", "json"}),
      R"re(^\{"service":"Db","stream":"err","phase":"run","sequence":\d+,"time":)re" + time +
          R"(,"bundle_time":)" + time + R"re(,"monotonic":\d+\.\d{9},"line":"checkpoint"\}$)re"));
  const auto both = logs({"--json", "--format", "json"});
  EXPECT_EQ(lines_of(both).size(), 1U);
  EXPECT_THAT(both, HasSubstr(R"("line":"{\"event\": \"started\"}","json":{"event":"started"}})"));
  (void)down(*hitch);
}

TEST_F(LogsPrinted, TimestampsStandInFront) {
  auto hitch = up();
  EXPECT_TRUE(has_line(logs({"Db", "--timestamps"}),
                       R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[      Err Db\] checkpoint$)"));
  (void)down(*hitch);
}

TEST_F(LogsPrinted, SinceLeavesOlderLinesOut) {
  auto hitch = up();
  EXPECT_EQ(count_lines(logs({"--since", "1h"}), "starting"), 1);
  EXPECT_EQ(count_lines(logs({"--since", "2015-07-11 10:36:58"}), "starting"), 1);
  EXPECT_EQ(logs({"--since", "2199-01-01T00:00:00Z"}), "");
  (void)down(*hitch);
}

TEST_F(LogsPrinted, VariablesStandForFlags) {
  auto hitch = up();
  const auto with = [&](std::map<std::string, std::string> variables) {
    return run({"logs", "Db"}, {.environment = std::move(variables)}).out;
  };
  EXPECT_EQ(with({{"HITCH_ERR", "1"}}), "[      Err Db] checkpoint\n");
  EXPECT_EQ(with({{"HITCH_OUT", "1"}, {"HITCH_LINES", "1"}}),
            "[          Db] ready for connections\n");
  EXPECT_EQ(with({{"HITCH_UNTIL", "check"}}), "checkpoint\n");
  (void)down(*hitch);
}

TEST_F(LogsPrinted, BundleIsFoundByFileByNameByIdOrAsTheOnlyOne) {
  auto hitch = up();
  const auto id = run_record().filename().string();
  const RunOptions elsewhere{.directory = "/"};
  for (const auto& words :
       {std::vector<std::string>{"logs"}, {"-p", "shop", "logs"}, {"logs", "-p", id}}) {
    EXPECT_THAT(run(words, elsewhere).out, HasSubstr("ready for connections"));
  }
  EXPECT_THAT(logs({}), HasSubstr("ready for connections"));
  (void)down(*hitch);
  EXPECT_THAT(run({"-p", id, "logs"}, elsewhere).out, HasSubstr("ready for connections"));
  EXPECT_TRUE(
      failed_saying(run({"logs"}, elsewhere), 2, "which bundle\\? none is running.*-p NAME"));
  EXPECT_TRUE(failed_saying(run({"-p", "shp", "logs"}), 2, "no bundle 'shp' has run.*'shop'"));
}

TEST_F(LogsPrinted, BundleFileMayHaveErrors) {
  auto hitch = up();
  bundle.write("name: shop\nservices:\n  Db: {command: [no-such-program], redy: x}\n");
  EXPECT_THAT(logs({"Api"}), HasSubstr("started"));
  (void)down(*hitch);
}

TEST_F(LogsPrinted, UnknownServiceNamesTheNearest) {
  auto hitch = up();
  EXPECT_TRUE(failed_saying(run({"logs", "Appi"}), 2, "no service 'Appi'.*did you mean 'Api'"));
  EXPECT_TRUE(failed_saying(run({"logs", "x.yaml"}), 2, "hitch -f FILE logs"));
  (void)down(*hitch);
}

TEST_F(LogsPrinted, FromInsideABundleItIsRefused) {
  const auto result = run({"run", "--", hitch_binary(), "logs"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("runs cannot be told apart from inside a bundle"));
}

TEST_F(LogsPrinted, FlagsThatContradictAreRefused) {
  for (const auto& [words, what] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--until", "a", "--until-json", "."}, "only one of"},
           {{"--timeout", "1s"}, "--timeout"},
           {{"--lines-back", "1"}, "--lines-back"},
           {{"--until", "a", "-n", "1"}, "--lines-back says"},
           {{"--json", "--timestamps"}, "--format json has them"},
           {{"--until", "a", "--timeout", "soon"}, "no duration"},
           {{"--until-regex", "a("}, "regular expression 'a\\('"},
           {{"--since", "whenever"}, "no point in time"}}) {
    std::vector<std::string> all{"logs"};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_TRUE(failed_saying(run(all), 2, what));
  }
}

TEST_F(LogsPrinted, ReaderThatGoesEndsItQuietly) {
  auto hitch = up();
  RunOptions options;
  options.prefix = {"/bin/bash", "-c", R"("$0" "$@" | head -n 1; exit ${PIPESTATUS[0]})"};
  const auto result = run({"logs", "-f"}, options);  // which nothing more would wake
  EXPECT_TRUE(exited(result, 128 + SIGPIPE));
  EXPECT_EQ(result.err, "");
  (void)down(*hitch);
}

TEST_F(LogsPrinted, DamagedLogIsPrintedUpToTheDamage) {
  auto hitch = up();
  (void)down(*hitch);
  const auto whole = logs({});
  const auto path = run_record() / "log";
  const auto bytes = read_whole_file(path);
  for (const auto& words :
       {std::vector<std::string>{"logs"}, {"logs", "-f"}, {"logs", "-n", "99"}}) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() - 3);
    const auto cut = run(words);
    EXPECT_TRUE(
        failed_saying(cut, 125, "log '.*' is damaged at byte \\d+: its last record is cut"));
    EXPECT_THAT(cut.out, HasSubstr("ready for connections"));
    auto wrong = bytes;
    wrong.replace(bytes.size() / 2, 200, 200, '?');
    std::ofstream(path, std::ios::binary) << wrong;
    const auto damaged = run(words);
    EXPECT_TRUE(failed_saying(damaged, 125, "log '.*' is damaged at byte \\d+: no record begins"));
    EXPECT_THAT(damaged.out, HasSubstr("initdb"));
    EXPECT_LT(damaged.out.size(), whole.size());
  }
}

}  // namespace
}  // namespace hitch::testing
