// CMD keeps stdin, stdout and stderr, to the byte.
#include <signal.h>

#include <random>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

std::string random_bytes(std::size_t size) {
  std::mt19937_64 engine(20150711);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(engine() & 0xff);
  return bytes;
}

class CommandStdio : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
services:
  Chatty: {command: ["@echo_lines@", --count, "2000", --interval, "1", --stay], ready: line 1}
)");
  }
};

TEST_F(CommandStdio, TenMebibytesOfRandomBytesPassThroughUnchanged) {
  const auto bytes = random_bytes(10 << 20);
  const auto result = run({"run", "--", "/bin/cat"}, {.input = bytes});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out.size(), bytes.size());
  EXPECT_TRUE(result.out == bytes) << "the bytes differ";
}

TEST_F(CommandStdio, StandardErrorOfTheCommandIsUnchangedWhenQuiet) {
  const auto bytes = random_bytes(1 << 20);
  const auto result = run({"run", "-q", "--", "/bin/sh", "-c", "cat >&2"}, {.input = bytes});
  EXPECT_EQ(result.code, 0);
  EXPECT_TRUE(result.err == bytes) << "the bytes differ, " << result.err.size() << " arrived";
}

TEST_F(CommandStdio, SignalThatWasIgnoredStaysIgnored) {
  RunOptions options;
  options.prefix = {"/usr/bin/env", "--ignore-signal=HUP"};
  const auto running =
      start({"run", "--", "/bin/sh", "-c", "echo here; while test ! -e go; do sleep 0.02; done"},
            options);
  EXPECT_TRUE(running->wait_for_out("here"));
  running->send_signal(SIGHUP);
  bundle.write_file("go", "");
  EXPECT_TRUE(exited(running->wait(), 0));
}

TEST_F(CommandStdio, ReaderThatGoesEndsARunWithoutACommand) {
  RunOptions options;
  options.prefix = {"/bin/bash", "-c", R"("$0" "$@" | head -n 1; exit ${PIPESTATUS[0]})"};
  const auto result = run({"run"}, options);
  EXPECT_TRUE(exited(result, 128 + SIGPIPE));
  EXPECT_EQ(lines_of(result.out).size(), 1U);
}

TEST_F(CommandStdio, ReaderThatGoesIsNoticedWhileServicesAreSilent) {
  bundle.write("services:\n  Silent: {command: [sleep, '1000']}\n");
  RunOptions options;
  options.prefix = {"/bin/bash", "-c", R"("$0" "$@" | head -n 1; exit ${PIPESTATUS[0]})"};
  EXPECT_TRUE(exited(run({"run"}, options), 128 + SIGPIPE));
}

TEST_F(CommandStdio, ReaderThatGoesDoesNotEndTheCommand) {
  RunOptions options;
  options.prefix = {"/bin/bash", "-c", R"("$0" "$@" 2> >(head -n 1 >&2))"};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/sh", "-c", "sleep 0.3; exit 4"}, options), 4));
}

TEST_F(CommandStdio, HangUpOfTheTerminalReachesTheCommand) {
  // Starts hitch on a terminal of its own and hangs up once CMD runs. pty(7)
  constexpr const char* kHangUp = R"(
import os, pty, sys
pid, master = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b"CMD is here" not in said: said += os.read(master, 4096)
os.close(master)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
)";
  RunOptions options;
  options.prefix = {"/usr/bin/python3", "-c", kHangUp};
  const auto result = run_script(
      "trap 'touch hung-up; exit 0' HUP; echo CMD is here; while :; do sleep 0.02; done", options);
  EXPECT_TRUE(exited(result, 128 + SIGHUP));
  EXPECT_TRUE(bundle.has_file("hung-up"));
}

/// Plays a person at a terminal. Once the shell is open it writes its second argument to it, or, if
/// that is empty, takes the bundle down from elsewhere.
constexpr const char* kPersonAtFailure = R"(
import os, pty, subprocess, sys
keys, *hitch = sys.argv[1:]
pid, master = pty.fork()
if pid == 0: os.execv(hitch[0], hitch)
said = b""
while b"when this shell ends" not in said: said += os.read(master, 4096)
if keys: os.write(master, keys.encode() + b"\n")
else: subprocess.run([hitch[0], "down"], check=True, stdout=subprocess.DEVNULL)
try:
    while True: said += os.read(master, 4096)
except OSError: pass
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
)";

class ShellOnFailure : public CommandStdio {
 protected:
  ProcessResult play(const char* keys) {
    bundle.write(R"(
services:
  Steady: {command: ["@echo_lines@", --text, steady, --stay], ready: steady}
  App: {shell: "echo trace >state; echo up; sleep 0.2; exit 3", ready: up}
)");
    RunOptions options;
    options.environment = {{"SHELL", "/bin/sh"}};
    options.prefix = {"/usr/bin/python3", "-c", kPersonAtFailure, keys};
    return run({"run", "--on-fail", "shell", "--", "/bin/sleep", "1000"}, options);
  }
};

TEST_F(ShellOnFailure, OpensInTheBundleAsItWas) {
  const auto result = play("echo seen=$(cat state); exit");
  EXPECT_TRUE(exited(result, 125));
  EXPECT_THAT(result.out, HasSubstr("seen=trace"));
  EXPECT_THAT(result.out, HasSubstr("service 'App' died: it exited with code 3"));
}

TEST_F(ShellOnFailure, GoesWhenTheBundleIsTakenDown) {
  const auto result = play("");
  EXPECT_TRUE(exited(result, 125)) << "the failure came first";
  EXPECT_THAT(result.out, HasSubstr("service 'App' died: it exited with code 3"));
}

TEST_F(CommandStdio, NulBytesAndNoFinalNewlineArrive) {
  const auto result = run({"run", "--", "/usr/bin/printf", "a\\0b\\nc"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, std::string("a\0b\nc", 5));
}

TEST_F(CommandStdio, EndOfFileOnStdinReachesTheCommand) {
  const auto result = run_script("cat; echo end");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "end\n");
}

TEST_F(CommandStdio, CommandAndTestTalkToEachOther) {
  auto hitch = start({"run", "--", "/bin/sh", "-c", "while read -r x; do echo got $x; done"},
                     {.keep_input_open = true});
  for (const std::string word : {"one", "two", "three"}) {
    hitch->write_input(word + "\n");
    ASSERT_TRUE(hitch->wait_for_out("got " + word)) << hitch->err();
  }
  hitch->close_input();
  EXPECT_TRUE(exited(hitch->wait(), 0));
}

TEST_F(CommandStdio, CommandThatDoesNotReadItsInputIsNotWaitedFor) {
  const auto result = run({"run", "--", "/bin/true"}, {.input = random_bytes(1 << 20)});
  EXPECT_TRUE(exited(result, 0));
}

TEST_F(CommandStdio, ServicesDoNotReadTheInputOfTheCommand) {
  bundle.write(R"(
services:
  Reader:
    shell: "cat; echo service saw its end of file; sleep 1000"
    ready: service saw its end of file
)");
  const auto result = run({"run", "--", "/bin/cat"}, {.input = "for the command\n"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "for the command\n");
}

TEST_F(CommandStdio, CommandHasTheTerminalOfTheCaller) {
  RunOptions options{.stdio = Stdio::kTerminal};
  options.environment["TERM"] = "xterm";
  const auto result =
      run_script("test -t 0 && test -t 1 && test -t 2 && stty size && echo all terminals", options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("24 80"));
  EXPECT_THAT(result.out, HasSubstr("all terminals"));
}

TEST_F(CommandStdio, CommandReadsFromTheTerminalWithoutBeingStopped) {
  auto hitch = start({"run", "--", "/bin/sh", "-c", "echo ask; read -r x; echo got $x"},
                     {.keep_input_open = true, .stdio = Stdio::kTerminal});
  ASSERT_TRUE(hitch->wait_for_out("ask")) << hitch->out();
  hitch->write_input("answer\n");
  EXPECT_TRUE(hitch->wait_for_out("got answer")) << hitch->out();
  EXPECT_TRUE(exited(hitch->wait(), 0));
}

}  // namespace
}  // namespace hitch::testing
