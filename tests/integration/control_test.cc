// What can be done with a bundle while it runs, through the command line alone.
#include <signal.h>

#include <filesystem>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Control : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
name: controlled
services:
  Db:
    shell: "echo started >>starts; echo db is up; sleep 1000"
    ready: db is up
    environment: {WHO: database}
    subcommands: {greet: [echo, hello]}
  Web: {command: ["@echo_lines@", --text, web is up, --stay], depends_on: [Db], ready: web is up}
)");
  }
  void TearDown() override {
    if (is_up_) (void)run({"down"});
    HitchTest::TearDown();
  }
  void up() {
    const auto result = run({"up", "-d"});
    ASSERT_TRUE(exited(result, 0));
    is_up_ = true;
  }
  ProcessResult down() {
    is_up_ = false;
    return run({"down"});
  }
  std::size_t starts() const { return lines_of(bundle.read_file("starts")).size(); }

 private:
  bool is_up_ = false;
};

TEST_F(Control, UpReturnsWhenAllIsReadyAndDownWhenNothingIsLeft) {
  up();
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Db +ready +[0-9]+ +[0-9]+"));
  EXPECT_TRUE(has_line(run({"ls"}).out, "^controlled +ready "));
  EXPECT_TRUE(exited(down(), 0));
  EXPECT_THAT(run({"ls"}).out, Not(HasSubstr("controlled")));
}

TEST_F(Control, UpThatFailsSaysWhyAndLeavesNothing) {
  bundle.write("services: {App: {shell: 'echo oh no >&2; exit 3', ready: never}}\n");
  const auto result = run({"up", "-d"});
  EXPECT_TRUE(failed_saying(result, 125, "service 'App' died before it was ready"));
  EXPECT_THAT(result.err, HasSubstr("oh no"));
}

TEST_F(Control, DownOfAForegroundRunEndsItWithZero) {
  const auto running = start({"run"});
  EXPECT_TRUE(running->wait_for_out("READY"));
  EXPECT_TRUE(exited(run({"down"}), 0));
  EXPECT_TRUE(exited(running->wait(), 0));
}

TEST_F(Control, ServicesStopStartAndRestartWhileTheRestGoesOn) {
  up();
  EXPECT_TRUE(exited(run({"stop", "Db"}), 0));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Db +exited"));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Web +ready"));
  EXPECT_TRUE(exited(run({"start", "Db"}), 0));
  EXPECT_TRUE(exited(run({"restart", "Db"}), 0));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Db +ready"));
  EXPECT_EQ(starts(), 3U);
}

TEST_F(Control, PausedServiceStandsStill) {
  up();
  EXPECT_TRUE(exited(run({"pause", "Web"}), 0));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Web +paused"));
  EXPECT_TRUE(exited(run({"unpause", "Web"}), 0));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Web +ready"));
}

TEST_F(Control, KilledServiceDoesNotFailTheBundle) {
  up();
  EXPECT_TRUE(exited(run({"kill", "-s", "KILL", "Web"}), 0));
  EXPECT_TRUE(exited(run({"wait", "Web"}), 128 + SIGKILL));
  EXPECT_TRUE(has_line(run({"ps"}).out, "^Db +ready"));
}

TEST_F(Control, WaitGivesUpInTime) {
  up();
  EXPECT_TRUE(failed_saying(run({"wait", "--timeout", "100ms", "Web"}), 124, "took longer"));
}

TEST_F(Control, ExecRunsInTheServicesEnvironmentWithItsStreams) {
  up();
  EXPECT_EQ(run({"exec", "Db", "greet", "you"}).out, "hello you\n");
  EXPECT_EQ(run({"exec", "Db", "--", "sh", "-c", "echo $WHO"}).out, "database\n");
  const std::string bytes("a\0b\xff\nno newline", 15);
  EXPECT_EQ(run({"exec", "Db", "cat"}, {.input = bytes}).out, bytes);
  EXPECT_TRUE(exited(run({"exec", "Web", "sh", "-c", "exit 7"}), 7));
  EXPECT_TRUE(exited(run({"exec", "Web", "no-such-program"}), 127));
}

TEST_F(Control, ExecPassesSignalsOn) {
  up();
  const auto running = start(
      {"exec", "Db", "sh", "-c", "trap 'exit 9' TERM; echo here; while :; do sleep 0.02; done"});
  EXPECT_TRUE(running->wait_for_out("here"));
  running->send_signal(SIGTERM);
  EXPECT_TRUE(exited(running->wait(), 9));
}

TEST_F(Control, ExecGivesATerminal) {
  up();
  const auto running = start({"exec", "-t", "Db", "sh", "-c", "tty; stty size; exit 4"},
                             {.stdio = Stdio::kTerminal});
  const auto result = running->wait();
  EXPECT_TRUE(exited(result, 4));
  EXPECT_THAT(result.out, HasSubstr("/dev/pts/"));
}

TEST_F(Control, MistakesAreNamed) {
  EXPECT_TRUE(failed_saying(run({"ps"}), 2, "controlled"));
  EXPECT_TRUE(failed_saying(run({"down"}), 2, "controlled"));
  up();
  EXPECT_TRUE(failed_saying(run({"stop", "Dv"}), 2, "no service 'Dv'.*did you mean 'Db'"));
  EXPECT_TRUE(failed_saying(run({"exec", "Dv", "true"}), 2, "no service 'Dv'"));
  EXPECT_TRUE(failed_saying(run({"kill", "-s", "NOPE", "Db"}), 2, "'NOPE' is not a signal"));
}

TEST_F(Control, TwoBundlesOfOneNameHaveToBeTold) {
  up();
  EXPECT_TRUE(exited(run({"up", "-d"}), 0));
  EXPECT_TRUE(failed_saying(run({"ps"}), 2, "several bundles 'controlled' are running"));
  EXPECT_TRUE(exited(run({"down", "--all"}), 0));
}

TEST_F(Control, EventsTellUntilTheBundleHasEnded) {
  up();
  const auto events = start({"events"});
  // It hears of what happens once it is connected, which nothing tells.
  for (int i = 0; i < 200 && events->out().find("service Web ready") == std::string::npos; ++i) {
    ASSERT_TRUE(exited(run({"restart", "Web"}), 0));
  }
  EXPECT_TRUE(events->wait_for_out("service Web ready"));
  EXPECT_TRUE(exited(down(), 0));
  EXPECT_TRUE(exited(events->wait(), 0));
}

TEST_F(Control, KilledSupervisorIsCollectedByTheNextCommand) {
  const auto running = start({"run"});
  EXPECT_TRUE(running->wait_for_out("READY"));
  running->send_signal(SIGKILL);
  (void)running->wait();
  EXPECT_TRUE(failed_saying(run({"ps"}), 2, "controlled"));
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

/// A client of the bundle's socket, from wherever `run` puts it.
constexpr const char* kClient = R"(
import glob, os, socket, sys
path = glob.glob(sys.argv[1] + "/hitch/*/control.sock")[0]
client = socket.socket(socket.AF_UNIX)
client.connect(path)
client.settimeout(30)
try:
    client.sendall(eval(sys.argv[2]))
    answer = client.makefile().readline()
except OSError as error:
    answer = "closed"
print(answer.strip() or "closed")
)";

TEST_F(Control, WhatIsNoRequestGetsAnError) {
  up();
  const auto ask = [&](const std::string& bytes) {
    RunOptions options;
    options.prefix = {"/bin/sh", "-c",    "exec python3 -c \"$1\" \"$XDG_RUNTIME_DIR\" \"$2\"",
                      "sh",      kClient, bytes};
    return run({}, options).out;
  };
  EXPECT_THAT(ask("b'no json\\n'"), HasSubstr("-32700"));
  EXPECT_THAT(ask("b'[]\\n'"), HasSubstr("-32600"));
  EXPECT_THAT(ask("b'[' * 100000 + b'\\n'"), HasSubstr("-32700"));
  EXPECT_THAT(ask("b'x' * (2 << 20)"), ::testing::AnyOf(HasSubstr("-32600"), HasSubstr("closed")));
  EXPECT_THAT(ask(R"(b'{"jsonrpc":"2.0","id":1,"method":"nope"}\n')"), HasSubstr("-32601"));
  EXPECT_THAT(ask(R"(b'{"jsonrpc":"2.0","id":1,"method":"service.stop"}\n')"),
              HasSubstr("has to be a text"));
  EXPECT_TRUE(exited(run({"ps"}), 0));
}

/// Sends two messages that the supervisor reads at once, the second one with descriptors.
constexpr const char* kBoth = R"(
import array, json, os, signal, socket, sys
directory = sys.argv[1] + "/hitch"
client = socket.socket(socket.AF_UNIX)
client.connect(directory + "/" + os.listdir(directory)[0] + "/control.sock")
client.settimeout(60)
answers = client.makefile("rb")
def line(number, method, **params):
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(call).encode() + b"\n"
client.sendall(line(1, "bundle.info"))
supervisor = json.loads(answers.readline())["result"]["supervisor_pid"]
reader, writer = os.pipe()
os.kill(supervisor, signal.SIGSTOP)
client.sendall(line(2, "bundle.info"))
fds = array.array("i", [0, writer, writer])
client.sendmsg([line(3, "service.exec", service="Db", argv=["greet"])],
               [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
os.kill(supervisor, signal.SIGCONT)
os.close(writer)
found = {}
while 3 not in found:
    message = json.loads(answers.readline())
    found[message.get("id")] = message
print(found[3].get("error", {}).get("message", "started"), os.read(reader, 100))
)";

TEST_F(Control, DescriptorsThatAreReadWithEarlierMessagesAreNotLost) {
  up();
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", "exec python3 -c \"$1\" \"$XDG_RUNTIME_DIR\"", "sh", kBoth};
  EXPECT_EQ(run({}, options).out, "started b'hello\\n'\n");
}

/// Subscribes to the lines of Writer, reads nothing until Writer has ended, and then everything.
constexpr const char* kSlowReader = R"(
import json, os, socket, sys
def connect():
    directory = sys.argv[1] + "/hitch"
    client = socket.socket(socket.AF_UNIX)
    client.connect(directory + "/" + os.listdir(directory)[0] + "/control.sock")
    client.settimeout(60)
    return client.makefile("rwb")
def ask(peer, method, **params):
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    peer.write(json.dumps(call).encode() + b"\n"); peer.flush()
    return json.loads(peer.readline())
reader, other = connect(), connect()
assert "result" in ask(reader, "logs.subscribe", services=["Writer"], stream="out")
assert ask(other, "service.wait", service="Writer")["result"]["exit_code"] == 0
for number in range(1, int(sys.argv[2]) + 1):
    message = json.loads(reader.readline())
    assert message["method"] == "log", message
    assert message["params"]["record"]["line"] == str(number), (number, message)
print("all", ask(other, "logs.subscribe", services=["Writr"])["error"]["message"])
)";

TEST_F(Control, SlowSubscriberGetsEveryLineOnceAndInOrder) {
  bundle.write(R"(
name: talkative
services:
  Writer: {kind: task, command: [seq, "150000"]}
  Stay: {command: [sleep, "1000"]}
)");
  up();
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", "exec python3 -c \"$1\" \"$XDG_RUNTIME_DIR\" 150000", "sh",
                    kSlowReader};
  const auto result = run({}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("all there is no service 'Writr' in a log"));
}

TEST_F(Control, FullHouseIsSaidAndEnds) {
  up();
  constexpr const char* kCrowd = R"(
import os, socket, subprocess, sys
directory = os.environ["XDG_RUNTIME_DIR"] + "/hitch"
path = directory + "/" + os.listdir(directory)[0] + "/control.sock"
crowd = [socket.socket(socket.AF_UNIX) for _ in range(128)]
for one in crowd: one.connect(path)
for command in ("ps", "down"):
    answer = subprocess.run([sys.argv[1], command], capture_output=True, text=True, timeout=60)
    print(answer.returncode, answer.stderr)
)";
  RunOptions options;
  options.prefix = {"/usr/bin/python3", "-c", kCrowd};
  const auto crowded = run({}, options);
  EXPECT_TRUE(exited(crowded, 0));
  EXPECT_EQ(count_lines(crowded.out, "^125 hitch: 128 clients are connected"), 2);
  EXPECT_TRUE(exited(run({"ps"}), 0));
}

TEST_F(Control, ReasonOfAFailureIsInTheLog) {
  bundle.write("name: dying\nservices:\n  App: {command: [sleep, '1000']}\n");
  up();
  (void)run({"exec", "App", "kill", "-9", "2"});  // may be gone with the bundle before it ends
  EXPECT_THAT(run({"logs", "Hitch", "--until", "App", "--timeout", "60s"}).out,
              HasSubstr("service 'App' died: it was killed by SIGKILL"));
}

TEST_F(Control, PeerInsideOfABundleIsRefused) {
  // The socket's directory, brought into the bundle on purpose.
  bundle.write("name: inside\nservices:\n  App: {command: [sleep, '1000'], volumes: ['" +
               bundle.runtime().string() + ":/mnt']}\n");
  bundle.write_file("client.py", kClient);
  const auto result = run_script(
      "mkdir -p /tmp/x && ln -s /mnt/hitch /tmp/x/hitch && "
      R"(python3 client.py /tmp/x 'b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"bundle.stop\"}\n"')");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("closed"));
  EXPECT_THAT(result.err, HasSubstr("was refused"));
}

}  // namespace
}  // namespace hitch::testing
