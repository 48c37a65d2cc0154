// Looking at the processes of a bundle from outside: hitch inspect, hitch top.
#include <signal.h>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Inspect : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
name: inspected
services:
  Server: {command: [python3, -m, http.server, "18080"], ready: {listen: 18080}}
  Parent:
    shell: "cd /tmp; exec 7>private; sleep 1001 & echo forked; wait"
    ready: forked
    environment: {WHO: me}
  Busy: {shell: "while :; do :; done"}
  Ended: {kind: task, command: ["true"]}
)");
    const auto result = run({"up", "-d"});
    ASSERT_TRUE(exited(result, 0));
    is_up_ = true;
  }
  void TearDown() override {
    if (is_up_) (void)run({"down"});
    HitchTest::TearDown();
  }
  void down() {
    is_up_ = false;
    EXPECT_TRUE(exited(run({"down"}), 0));
  }

 private:
  bool is_up_ = false;
};

TEST_F(Inspect, AllThatIsQuickIsShown) {
  const auto result = run({"inspect", "Server"});
  EXPECT_TRUE(exited(result, 0));
  for (const char* pattern :
       {"^service: Server$", "^pid: [0-9]+$", "^pid_inside: [0-9]+$",
        "^cmdline: .*http.server 18080$",
        "^cpu_times: user=[0-9.]+ system=", "^memory_info: rss=[1-9][0-9]* vms=", "^name: python3",
        "^status: sleeping$", "^num_threads: 1$", "^  HITCH_SERVICE: Server$", "^terminal: -$"}) {
    EXPECT_TRUE(has_line(result.out, pattern));
  }
  EXPECT_THAT(result.out, Not(HasSubstr("memory_maps")));
}

TEST_F(Inspect, SocketsAreThoseOfTheBundlesNetwork) {
  const auto result = run({"inspect", "Server", "connections"});
  EXPECT_TRUE(has_line(result.out, "laddr=0.0.0.0:18080 raddr=- status=LISTEN"));
  EXPECT_EQ(count_lines(result.out, "laddr="), 1);
  EXPECT_TRUE(has_line(run({"inspect", "Server", "net_connections"}).out, "0.0.0.0:18080"));
}

TEST_F(Inspect, FilesAreThoseThatTheServiceSees) {
  const auto result = run({"inspect", "Parent", "cwd", "open_files", "environ"});
  EXPECT_TRUE(has_line(result.out, "^cwd: /tmp$"));
  EXPECT_TRUE(has_line(result.out, "path=/tmp/private fd=7 position=0 mode=w"));
  EXPECT_TRUE(has_line(result.out, "^  WHO: me$"));
}

TEST_F(Inspect, SlowAndMeasuredFieldsAreThereWhenAskedFor) {
  const auto result = run(
      {"inspect", "Busy", "cpu_percent", "memory_full_info", "memory_maps", "rlimit", "parents"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "^cpu_percent: [1-9]"));
  EXPECT_TRUE(has_line(result.out, "^memory_full_info: .* uss=[1-9]"));
  EXPECT_TRUE(has_line(result.out, R"(^  path=\[stack\] rss=)"));
  EXPECT_TRUE(has_line(result.out, "^  nofile: soft=[0-9]+ hard=[0-9]+$"));
  EXPECT_TRUE(has_line(result.out, "^parents: [0-9]+ [0-9]+"));
}

TEST_F(Inspect, JsonIsOneObjectALineInTheOrderAskedFor) {
  const auto result = run({"inspect", "Parent", "--format", "json", "nice", "name", "children"});
  EXPECT_TRUE(has_line(
      result.out,
      R"(^\{"service":"Parent","pid":[0-9]+,"pid_inside":[0-9]+,"nice":-?[0-9]+,"name":"sh","children":\[[0-9]+\]\}$)"));
}

TEST_F(Inspect, TheTreeHasAllProcessesWithBothPids) {
  const auto result = run({"inspect", "Parent", "--tree"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "^PID +INSIDE +STATE +CPU +MEMORY +THREADS +COMMAND$"));
  EXPECT_TRUE(has_line(result.out, "^[0-9]+ +[0-9]+ +sleeping .*  /bin/sh -c cd /tmp"));
  EXPECT_TRUE(has_line(result.out, "^[0-9]+ +[0-9]+ +sleeping .*    sleep 1001$"));
  EXPECT_EQ(count_lines(result.out, "sleeping"), 2);
  const auto lines = run({"inspect", "Parent", "--tree", "--format", "json", "name"}).out;
  EXPECT_TRUE(has_line(lines, R"("name":"sleep"\}$)"));
  EXPECT_EQ(lines_of(lines).size(), 2U);
}

TEST_F(Inspect, AnotherProcessIsFoundByEitherPid) {
  const auto row = run({"inspect", "Parent", "--tree", "--format", "json", "name"}).out;
  const auto number_behind = [&row](const std::string& mark) {
    const auto at = row.find(mark, row.find('\n')) + mark.size();
    return row.substr(at, row.find(',', at) - at);
  };
  for (const char* mark : {"\"pid\":", "\"pid_inside\":"}) {
    const auto result = run({"inspect", "Parent", "--pid", number_behind(mark), "name"});
    EXPECT_TRUE(has_line(result.out, "^name: sleep$")) << mark;
  }
  EXPECT_TRUE(failed_saying(run({"inspect", "Server", "--pid", number_behind("\"pid\":")}), 2,
                            "^hitch: service 'Server' has no process [0-9]+ .*--tree lists them"));
}

TEST_F(Inspect, MistakesAreNamed) {
  EXPECT_TRUE(failed_saying(run({"inspect", "Servr"}), 2,
                            R"(the bundle has no service 'Servr' \(did you mean 'Server'\?\))"));
  EXPECT_TRUE(failed_saying(run({"inspect", "Server", "cpu_time"}), 2,
                            R"(there is no field 'cpu_time' \(did you mean 'cpu_times'\?\))"));
  EXPECT_TRUE(failed_saying(run({"inspect", "Ended"}), 2, "service 'Ended' does not run"));
  EXPECT_TRUE(failed_saying(run({"top", "-i", "1ms"}), 2, "'1ms' is not a time between"));
}

TEST_F(Inspect, TopPrintsTablesIntoAPipe) {
  const auto result = run({"top", "-n", "2", "-i", "300ms"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.out, "^SERVICE +STATE +PID +UPTIME +PROCS +THREADS +CPU% +MEMORY$"),
            2);
  EXPECT_EQ(count_lines(result.out, "^Busy +ready +[0-9]+ +[0-9]+s +1 +1 +[1-9][0-9.]* +[0-9.]+M$"),
            2);
  EXPECT_TRUE(has_line(result.out, "^Parent +ready +[0-9]+ +[0-9]+s +2 +2 +0.0 +"));
  EXPECT_TRUE(has_line(result.out, "^Ended +exited +- +- +- +- +- +-$"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
  const auto json = run({"top", "-n", "1", "-i", "200ms", "--format", "json"});
  EXPECT_EQ(lines_of(json.out).size(), 4U);
  EXPECT_TRUE(
      has_line(json.out, R"("service":"Busy","state":"ready",.*"processes":1,"threads":1,)"));
}

TEST_F(Inspect, TopOnATerminalTakesKeysAndLeavesItAsItWas) {
  RunOptions options;
  options.stdio = Stdio::kTerminal;
  options.keep_input_open = true;
  options.environment["TERM"] = "xterm";
  const auto top = start({"top", "-i", "200ms"}, options);
  EXPECT_TRUE(top->wait_for_out("\x1b[?1049h"));
  EXPECT_TRUE(top->wait_for_out("inspected  ready  "));
  top->write_input("c");  // the busy one comes first
  EXPECT_TRUE(top->wait_for_out("\x1b[0m\x1b[K\r\nBusy "));
  top->write_input("q");
  const auto result = top->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(result.out.ends_with("\x1b[?25h\x1b[?1049l"));
}

TEST_F(Inspect, TopThatIsKilledLeavesTheTerminalAsItWas) {
  RunOptions options;
  options.stdio = Stdio::kTerminal;
  options.keep_input_open = true;
  options.environment["TERM"] = "xterm";
  const auto top = start({"top"}, options);
  EXPECT_TRUE(top->wait_for_out("inspected  ready  "));
  top->send_signal(SIGTERM);
  const auto result = top->wait();
  EXPECT_EQ(result.signal, SIGTERM) << result.describe();
  EXPECT_TRUE(result.out.ends_with("\x1b[?25h\x1b[?1049l"));
}

TEST_F(Inspect, TopOnADumbTerminalPrintsPlainTables) {
  RunOptions options;
  options.stdio = Stdio::kTerminal;
  options.environment["TERM"] = "dumb";
  const auto result = start({"top", "-n", "1"}, options)->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("SERVICE"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST_F(Inspect, TopEndsWithTheBundle) {
  const auto top = start({"top", "-i", "100ms"});
  EXPECT_TRUE(top->wait_for_out("SERVICE"));
  down();
  EXPECT_TRUE(exited(top->wait(), 0));
}

}  // namespace
}  // namespace hitch::testing
