#include "cli/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "../logs/log_fixture.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr Milliseconds kGenerous{30'000};

LogView plain_view() {
  return LogView({"a", "b"}, Destination::kRaw, ColorMode::kNever);
}

std::string prefixed(std::string_view service, std::string_view text) {
  std::string out = plain_view().prefix({std::string(service)});
  return out.append(text) + "\n";
}

/// Reads until `size` bytes have come, or the end, or the deadline.
std::string read_bytes(int fd, std::size_t size) {
  std::string out;
  const auto deadline = Deadline::in(kGenerous);
  while (out.size() < size) {
    pollfd input{fd, POLLIN, 0};
    if (::poll(&input, 1, static_cast<int>(deadline.left().count())) <= 0) break;
    std::string buffer(std::min<std::size_t>(size - out.size(), 65536), '\0');
    const auto n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0) break;
    out.append(buffer, 0, static_cast<std::size_t>(n));
  }
  return out;
}

class ScreenTest : public LogFixture {
 protected:
  void SetUp() override {
    auto pipe = Pipe::create();
    ASSERT_TRUE(pipe);
    pipe_ = *std::move(pipe);
  }
  static std::unique_ptr<Screen> open(int fd, LogView view = plain_view()) {
    auto screen = Screen::open(fd, std::move(view));
    EXPECT_TRUE(screen) << screen.error().message();
    return *std::move(screen);
  }
  static int threads() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      if (word == "Threads:") {
        int count = 0;
        status >> count;
        return count;
      }
    }
    return -1;
  }

  Pipe pipe_;
};

TEST_F(ScreenTest, LinesAndMessagesComeInTheirOrder) {
  auto store = new_store();
  const auto a = store.open_stream({"a"}), b = store.open_stream({"b"});
  must(store.append_line(a, "before"));
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  must(store.append(a, std::string_view("one\ntwo\nhal")));
  screen->say("message");
  must(store.append_line(b, "three"));
  must(store.append_line(a, "f"));
  ASSERT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
  const auto expected = prefixed("a", "one") + prefixed("a", "two") + prefixed("Hitch", "message") +
                        prefixed("b", "three") + prefixed("a", "half");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
  EXPECT_EQ(screen->status().printed_until, store.end());
}

TEST_F(ScreenTest, AMessageAloneNeedsNoThread) {
  std::jthread([] {}).join();  // with the first thread, a sanitizer starts one of its own
  const int before = threads();
  auto store = new_store();
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  screen->say("READY in 0.3 seconds.");
  EXPECT_EQ(threads(), before);
  EXPECT_TRUE(screen->flush_until(store.end(), Deadline::in(Milliseconds(0))));
  const auto expected = prefixed("Hitch", "READY in 0.3 seconds.");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
  must(store.append_line(store.open_stream({"a"}), "x"));
  EXPECT_EQ(threads(), before + 1);
  screen.reset();
  EXPECT_EQ(threads(), before);
}

TEST_F(ScreenTest, FiltersLeaveLinesOut) {
  auto store = new_store();
  auto screen = open(pipe_.write_end.get());
  screen->follow(store, {.services = {"b"}});
  must(store.append_line(store.open_stream({"a"}), "not"));
  must(store.append_line(store.open_stream({"b"}), "wanted"));
  must(store.append_line(store.open_stream({"a"}), "not"));
  screen->say("after");
  ASSERT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
  const auto expected = prefixed("b", "wanted") + prefixed("Hitch", "after");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
}

/// Resident memory of this process, in bytes.
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(ScreenTest, AReaderThatSleepsDelaysNobodyAndGetsEveryLineLater) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  must(store.append_line(a, "warm up"));
  [[maybe_unused]] const auto before = resident_bytes();  // sanitizers need memory of their own
  constexpr int kLines = 300'000;
  std::string expected = prefixed("a", "warm up");
  std::size_t expected_size = expected.size();
  for (int i = 0; i < kLines;) {
    std::string chunk;
    for (const int stop = i + 100; i < stop; ++i)
      chunk.append(std::to_string(i)).append(100, '.') += '\n';
    must(store.append(a, chunk));
    expected_size += chunk.size() + 100 * plain_view().prefix({"a"}).size();
  }
  EXPECT_FALSE(screen->flush_until(store.end(), Deadline::in(Milliseconds(20))));
  EXPECT_LT(screen->status().printed_until, store.end() / 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(resident_bytes(), before + (std::size_t{4} << 20));
#endif
  std::istringstream lines(read_bytes(pipe_.read_end.get(), expected_size));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  int count = 0;
  for (; std::getline(lines, line); ++count) {
    const auto text = std::to_string(count).append(100, '.');
    ASSERT_EQ(line, plain_view().prefix({"a"}) + text);
  }
  EXPECT_EQ(count, kLines);
  EXPECT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
}

TEST_F(ScreenTest, OtherWritersToTheSamePipeComeBetweenLines) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  std::string other = "other";
  other.append(500, '-') += '\n';
  constexpr int kRounds = 2000;
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      ASSERT_EQ(::write(pipe_.write_end.get(), other.data(), other.size()),
                static_cast<ssize_t>(other.size()));
    }
  });
  const auto text = std::string(300, '=');
  std::string read;
  const auto ours = prefixed("a", text);
  std::thread reader(
      [&] { read = read_bytes(pipe_.read_end.get(), kRounds * (other.size() + ours.size())); });
  for (int i = 0; i < kRounds; ++i) must(store.append_line(a, text));
  writer.join();
  reader.join();
  std::istringstream lines(read);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    line += '\n';
    ASSERT_TRUE(line == other || line == ours) << line;
  }
  EXPECT_EQ(count, 2 * kRounds);
}

TEST_F(ScreenTest, LongLinesComeWhole) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  const std::string text((std::size_t{3} << 20) + 5, 'x');
  must(store.append_line(a, text));
  must(store.append_line(a, "short"));
  const auto expected = prefixed("a", text) + prefixed("a", "short");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
}

TEST_F(ScreenTest, AReaderThatIsGoneEndsPrintingAndNothingElse) {
  ASSERT_NE(::signal(SIGPIPE, SIG_DFL), SIG_ERR);  // it would end this process
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(pipe_.write_end.get());
  screen->follow(store);
  pipe_.read_end.reset();
  must(store.append_line(a, "one"));
  EXPECT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
  EXPECT_EQ(screen->status().write_error, EPIPE);
  must(store.append_line(a, "two"));
  screen->say("nobody hears");
  EXPECT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
}

TEST_F(ScreenTest, AMessageToAReaderThatIsGoneRaisesNoSignal) {
  ASSERT_NE(::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  auto screen = open(pipe_.write_end.get());
  pipe_.read_end.reset();
  screen->say("nobody hears");
  EXPECT_EQ(screen->status().write_error, EPIPE);
}

TEST_F(ScreenTest, AMessageThatDoesNotFitIsFinishedByTheThread) {
  auto screen = open(pipe_.write_end.get());
  const std::string text(200'000, 'x');  // more than a pipe takes
  screen->say(text);
  screen->say("second");
  EXPECT_FALSE(screen->flush_until(0, Deadline::in(Milliseconds(10))));
  const auto expected = prefixed("Hitch", text) + prefixed("Hitch", "second");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
  EXPECT_TRUE(screen->flush_until(0, Deadline::in(kGenerous)));
}

TEST_F(ScreenTest, TooManyMessagesForAReaderThatSleepsAreCounted) {
  auto screen = open(pipe_.write_end.get());
  const std::string text(1000, 'x');
  for (int i = 0; i < 1000; ++i) screen->say(text);
  EXPECT_GT(screen->status().dropped_messages, 700u);
  screen.reset();  // ends at once, though nobody reads
}

TEST_F(ScreenTest, TheCallersDescriptorStaysBlocking) {
  auto screen = open(pipe_.write_end.get());
  EXPECT_EQ(::fcntl(pipe_.write_end.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ScreenTest, FilesAndSocketsAreFine) {
  for (const bool is_socket : {false, true}) {
    std::array<int, 2> ends{};
    if (is_socket) {
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    } else {
      const auto path = dir_ / "output";
      ends = {::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
              ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    }
    const UniqueFd output(ends[0]), input(ends[1]);
    std::filesystem::remove(log_path());
    auto store = new_store();
    auto screen = open(output.get());
    screen->follow(store);
    screen->say("hello");
    must(store.append_line(store.open_stream({"a"}), "line"));
    ASSERT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
    const auto expected = prefixed("Hitch", "hello") + prefixed("a", "line");
    EXPECT_EQ(read_bytes(input.get(), expected.size()), expected);
  }
}

TEST_F(ScreenTest, AStoppedTerminalDelaysNobody) {
  int controller = -1, terminal = -1;
  ASSERT_EQ(::openpty(&controller, &terminal, nullptr, nullptr, nullptr), 0);
  const UniqueFd outside(controller), inside(terminal);
  termios raw{};
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(terminal, TCSANOW, &raw), 0);
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(terminal, LogView({"a", "b"}, Destination::kTerminal, ColorMode::kNever));
  screen->follow(store);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    must(store.append_line(a, std::to_string(i)));
    expected += prefixed("a", std::to_string(i));
  }
  screen->say("message");
  expected += prefixed("Hitch", "message");
  EXPECT_FALSE(screen->flush_until(store.end(), Deadline::in(Milliseconds(10))));
  EXPECT_EQ(read_bytes(controller, expected.size()), expected);
  EXPECT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
}

TEST_F(ScreenTest, ADamagedLogEndsTheLinesButNotTheMessages) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  auto screen = open(pipe_.write_end.get());
  bool is_spoilt = false;
  // Called before the screen's own listener, so before its thread can have read anything.
  const auto spoils = store.subscribe([&] {
    if (std::exchange(is_spoilt, true)) return;
    const auto offset = store.end();
    must(store.append_line(a, "bad"));
    std::fstream file(log_path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << "garbage";
  });
  screen->follow(store);
  must(store.append_line(a, "good"));
  screen->say("message");
  const auto expected = prefixed("a", "good") + prefixed("Hitch", "message");
  EXPECT_EQ(read_bytes(pipe_.read_end.get(), expected.size()), expected);
  ASSERT_TRUE(screen->flush_until(store.end(), Deadline::in(kGenerous)));
  ASSERT_TRUE(screen->status().log_error);
  EXPECT_THAT(screen->status().log_error->message(), HasSubstr("is damaged at byte"));
}

}  // namespace
}  // namespace hitch::testing
