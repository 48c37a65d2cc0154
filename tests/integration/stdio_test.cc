// CMD keeps stdin, stdout and stderr, to the byte.
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
