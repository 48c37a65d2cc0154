// No line is lost, cut, duplicated or reordered within a stream, however fast it is written and
// however slowly it is read.
#include "integration/harness/logs_test_base.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

/// Reads what hitch prints: of each stream "line 1", "line 2" and so on. Tells when it sees the
/// first "hello", and with --slow reads no more until there is a file "read-now".
constexpr const char* kCheck = R"(
import os, sys, time
counts = {}
for line in sys.stdin.buffer:
    title, _, text = line.partition(b'] ')
    if title.endswith(b' Hitch'): continue
    if text == b'hello\n':
        print('hello', flush=True)
        while '--slow' in sys.argv and not os.path.exists('read-now'): time.sleep(0.01)
        continue
    number = counts[title] = counts.get(title, 0) + 1
    if text != b'line %d\n' % number: sys.exit('%r is not line %d' % (line, number))
print(len(counts), 'streams of', *set(counts.values()))
)";

class LogOrder : public LogsTest {
 protected:
  enum class Reader { kFast, kSlow };

  /// So many services, each of which waits for a file and writes so many lines at full speed.
  void write_writers(int services, long lines, const std::string& stream) {
    std::string yaml = "services:\n  Hello: {kind: task, command: [echo, hello]}\n";
    for (int i = 1; i <= services; ++i) {
      yaml += "  W" + std::to_string(i) +
              ": {kind: task, command: [sh, -c, 'while [ ! -e go ]; do " +
              "sleep 0.01; done; exec @echo_lines@ --count " + std::to_string(lines) +
              " --stream " + stream + "']}\n";
    }
    bundle.write(yaml);
  }

  /// Starts the bundle, follows its log through kCheck, and lets the writers go.
  /// @return what kCheck says in the end
  std::string follow_all(Reader reader, std::chrono::seconds deadline = kPatience) {
    auto hitch = start({"run", "-q"});
    RunOptions options;
    const std::string slow = reader == Reader::kSlow ? " --slow" : "";
    options.prefix = {"/bin/bash", "-c",
                      "set -o pipefail; \"$0\" \"$@\" | /usr/bin/python3 check.py" + slow};
    bundle.write_file("check.py", kCheck);
    EXPECT_TRUE(wait_for_record());
    auto following = start({"logs", "-f"}, options);
    EXPECT_TRUE(following->wait_for_out("hello")) << following->err();
    bundle.write_file("go", "");
    EXPECT_TRUE(exited(hitch->wait(deadline), 0));
    bundle.write_file("read-now", "");
    const auto result = following->wait(deadline);
    EXPECT_TRUE(exited(result, 0));
    return result.out;
  }

  /// Once more from the beginning, after the run.
  std::string read_all(std::chrono::seconds deadline = kPatience) {
    RunOptions options;
    options.prefix = {"/bin/bash", "-c",
                      "set -o pipefail; \"$0\" \"$@\" | /usr/bin/python3 check.py"};
    options.deadline = deadline;
    const auto result = run({"logs"}, options);
    EXPECT_TRUE(exited(result, 0));
    return result.out;
  }

 private:
  /// A run can be followed as soon as it can be found.
  bool wait_for_record() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      const auto looked = run({"logs", "-n", "0"});
      if (looked.code == 0) return true;
    }
    return false;
  }
};

TEST_F(LogOrder, OneWriterAtFullSpeed) {
  write_writers(1, 300'000, "out");
  EXPECT_THAT(follow_all(Reader::kFast), HasSubstr("1 streams of 300000\n"));
  EXPECT_THAT(read_all(), HasSubstr("1 streams of 300000\n"));
}

TEST_F(LogOrder, FiftyWritersAtOnce) {
  write_writers(50, 4'000, "out");
  EXPECT_THAT(follow_all(Reader::kFast), HasSubstr("50 streams of 4000\n"));
  EXPECT_THAT(read_all(), HasSubstr("50 streams of 4000\n"));
}

TEST_F(LogOrder, BothOutputsEachInItsOwnOrder) {
  write_writers(2, 50'000, "both");
  EXPECT_THAT(follow_all(Reader::kFast), HasSubstr("4 streams of 50000\n"));
  EXPECT_THAT(read_all(), HasSubstr("4 streams of 50000\n"));
}

TEST_F(LogOrder, FollowerThatIsSlowerThanTheWriter) {
  write_writers(1, 100'000, "out");
  EXPECT_THAT(follow_all(Reader::kSlow), HasSubstr("1 streams of 100000\n"));
}

class SlowLogOrder : public LogOrder {};

TEST_F(SlowLogOrder, TenMillionLinesAtFullSpeed) {
  constexpr std::chrono::seconds kLong{280};
  write_writers(1, 10'000'000, "out");
  EXPECT_THAT(follow_all(Reader::kFast, kLong), HasSubstr("1 streams of 10000000\n"));
  EXPECT_THAT(read_all(kLong), HasSubstr("1 streams of 10000000\n"));
}

}  // namespace
}  // namespace hitch::testing
