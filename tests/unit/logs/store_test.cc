#include "runtime/logs/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>

#include "log_fixture.h"

namespace hitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class StoreTest : public LogFixture {};

TEST_F(StoreTest, LinesComeBackWithTheirTimesNumbersAndStream) {
  auto store = new_store();
  const auto out = store.open_stream({"Django"});
  const auto err = store.open_stream({"Django", OutputStream::kErr, Phase::kSetup});
  must(store.append(out, std::string_view("one\ntwo\n")));
  now_ = 5000ns;
  must(store.append(err, std::string_view("three\n")));

  LogCursor cursor(store.file());
  const auto one = **cursor.next();
  EXPECT_EQ(one.text, "one");
  EXPECT_EQ(one.sequence, 1u);
  EXPECT_EQ(one.times, (LogTimes{1000ns, 2000ns, 500ns}));
  EXPECT_EQ(*one.key, (StreamKey{"Django"}));
  EXPECT_TRUE(one.has_newline);
  EXPECT_EQ((**cursor.next()).sequence, 2u);
  const auto three = **cursor.next();
  EXPECT_EQ(three.sequence, 3u);
  EXPECT_EQ(three.times.wall, 5000ns);
  EXPECT_EQ(*three.key, (StreamKey{"Django", OutputStream::kErr, Phase::kSetup}));
  EXPECT_FALSE(*cursor.next());
}

TEST_F(StoreTest, AnotherProcessReadsTheSameFromTheDirectory) {
  auto store = new_store();
  const auto stream = store.open_stream({"Django"});
  must(store.append_line(stream, "one"));
  auto cursor = LogCursor::open(dir_);
  ASSERT_TRUE(cursor);
  EXPECT_THAT(read_lines(*cursor), ElementsAre("Django: one"));
  must(store.append_line(stream, "two"));
  EXPECT_THAT(read_lines(*cursor), ElementsAre("Django: two"));
  EXPECT_EQ(cursor->offset(), store.end());
}

TEST_F(StoreTest, AnyBytesAreKept) {
  auto store = new_store();
  const auto stream = store.open_stream({"a"});
  std::string all;
  for (int i = 0; i < 256; ++i) {
    if (i != '\n') all += static_cast<char>(i);
  }
  must(store.append_line(stream, all));
  must(store.append_line(stream, ""));
  must(store.append(stream, std::string_view("no newline")));
  EXPECT_THAT(read_log(store.file()), ElementsAre("a: " + all, "a: ", "a: no newline$"));
}

TEST_F(StoreTest, TheEndOfAStreamFinishesItsLastLine) {
  auto store = new_store();
  const auto stream = store.open_stream({"a"});
  const auto silent = store.open_stream({"b"});
  must(store.append(stream, std::string_view("half")));
  LogCursor cursor(store.file());
  EXPECT_THAT(read_lines(cursor), ElementsAre());
  must(store.end_stream(stream));
  must(store.end_stream(silent));
  must(store.end_stream(stream));
  EXPECT_THAT(read_lines(cursor), ElementsAre("a: half$"));
  EXPECT_EQ(cursor.next_unfinished(), std::nullopt);
}

TEST_F(StoreTest, LinesAreNumberedWhereTheyBegin) {
  auto store = new_store();
  const auto a = store.open_stream({"a"}), b = store.open_stream({"b"});
  must(store.append(a, std::string_view("a1")));
  must(store.append(b, std::string_view("b1\nb2")));
  must(store.append(a, std::string_view("-end\na2\n")));
  must(store.append(b, std::string_view("-end\n")));
  LogCursor cursor(store.file());
  std::vector<std::pair<std::string, std::uint64_t>> seen;
  for (auto line = *cursor.next(); line; line = *cursor.next()) {
    seen.emplace_back(line->text, line->sequence);
  }
  EXPECT_THAT(seen, ElementsAre(std::pair("b1", 2), std::pair("a1-end", 1), std::pair("a2", 4),
                                std::pair("b2-end", 3)));
  EXPECT_EQ(store.next_sequence(), 5u);
}

TEST_F(StoreTest, ADirectoryHasOneLog) {
  auto store = new_store();
  const auto second = LogStore::create(dir_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "create log '" + log_path().native() + "': File exists");
  EXPECT_EQ(LogCursor::open(dir_ / "gone").error().message(),
            "open log '" + (dir_ / "gone/log").native() + "': No such file or directory");
}

TEST_F(StoreTest, TheSizeLimitIsAnnouncedAndWhatIsMissingIsCounted) {
  auto store = new_store(2000);
  const auto a = store.open_stream({"a"});
  const auto hitch = store.open_stream({"Hitch", OutputStream::kOut, Phase::kHarness});
  must(store.append(a, std::string(1500, 'x') + "\ncut "));
  must(store.append(a, std::string(700, 'y') + "\n"));
  must(store.append_line(a, "small"));
  must(store.append_line(hitch, "still here"));
  must(store.end_stream(a));
  EXPECT_EQ(store.dropped_bytes(), 707u);
  EXPECT_THAT(
      read_log(store.file()),
      ElementsAre("a: " + std::string(1500, 'x'),
                  "Hitch: the log has reached its limit of 2000 bytes: what services print from "
                  "here on is not kept",
                  "Hitch: still here",
                  "Hitch: 707 bytes of the output of 'a' are missing here: the log has reached its "
                  "limit",
                  "a: cut $"));
  EXPECT_LE(image().size(), 2700u);
}

/// Files cannot grow beyond a number of bytes while this lives. setrlimit(2)
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &now), 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(StoreTest, AFailedWriteLeavesAReadableLogAndIsMadeKnownLater) {
  auto store = new_store();
  const auto a = store.open_stream({"a", OutputStream::kErr});
  must(store.append(a, std::string_view("kept\nhalf")));
  const auto end = store.end();
  {
    const FileSizeLimit limit(end + 100);
    const auto status = store.append(a, std::string(1000, 'x') + "\n");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(),
              "write to log '" + log_path().native() + "': File too large");
    EXPECT_THAT(status.error().hint(), AllOf(HasSubstr("XDG_STATE_HOME"), HasSubstr("ulimit")));
    EXPECT_EQ(status.error().err(), EFBIG);
    EXPECT_EQ(store.end(), end);
    EXPECT_EQ(image().size(), end);
  }
  must(store.append(a, std::string_view("later\n")));
  EXPECT_EQ(store.dropped_bytes(), 1001u);
  EXPECT_THAT(read_log(store.file()),
              ElementsAre("a: kept",
                          "Hitch: 1001 bytes of the output of 'a' (stderr) are missing here: File "
                          "too large",
                          "a: half$", "a: later"));
}

TEST_F(StoreTest, ReadersAreToldOfEachThingThatHasBeenWrittenWhateverFailsAfterIt) {
  bool notice_alone = false;
  for (rlim_t extra = 0; extra < 300; ++extra) {
    std::filesystem::remove(log_path());
    auto store = new_store();
    const auto a = store.open_stream({"a"});
    must(store.append_line(a, "one"));
    std::uint64_t told = store.end();
    const auto subscription = store.subscribe([&] { told = store.end(); });
    const FileSizeLimit limit(store.end() + extra);
    EXPECT_FALSE(store.append_line(a, std::string(1000, 'x')));
    const bool ended = static_cast<bool>(store.end_stream(a));
    EXPECT_EQ(told, store.end()) << extra;
    notice_alone |= !ended && read_log(store.file()).size() == 2;
  }
  EXPECT_TRUE(notice_alone);
}

TEST_F(StoreTest, FailuresAtEveryByteOfARecordLeaveNothingTorn) {
  for (rlim_t extra = 0; extra < 200; ++extra) {
    std::filesystem::remove(log_path());
    auto store = new_store();
    const auto a = store.open_stream({"a"});
    must(store.append_line(a, "one"));
    {
      const FileSizeLimit limit(store.end() + extra);
      (void)store.append_line(a, std::string(100, 'x'));  // fails for the first 164 bytes
      EXPECT_EQ(image().size(), store.end()) << extra;
    }
    must(store.append_line(a, "two"));
    const auto lines = read_log(store.file());
    EXPECT_EQ(lines.front(), "a: one");
    EXPECT_EQ(lines.back(), "a: two");
  }
}

TEST_F(StoreTest, AFullDiskIsAnErrorThatSaysWhatToDo) {
  std::filesystem::create_symlink("/dev/full", dir_ / "full");
  auto fd = UniqueFd(::open("/dev/full", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(fd.is_open());
  auto store = LogStore::create(dir_);
  ASSERT_TRUE(store);
  // The store's descriptor becomes one of /dev/full.
  const auto log = std::filesystem::canonical(log_path());
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) == log) {
      ASSERT_GE(::dup3(fd.get(), std::stoi(entry.path().filename()), O_CLOEXEC), 0);
      break;
    }
  }
  const auto status = store->append_line(store->open_stream({"a"}), "text");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "write to log '" + log_path().native() + "': No space left on device");
  EXPECT_EQ(status.error().hint(),
            "free some space, or set XDG_STATE_HOME to a directory on another file system");
}

TEST_F(StoreTest, AStoreMayBeMoved) {
  auto first = new_store();
  const auto a = first.open_stream({"a"});
  must(first.append_line(a, "one"));
  auto second = std::move(first);
  must(second.append_line(a, "two"));
  EXPECT_THAT(read_log(second.file()), ElementsAre("a: one", "a: two"));
}

TEST_F(StoreTest, ListenersAreCalledAfterEachAppendAndMayUnsubscribe) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  std::vector<std::string> calls;
  Subscription once, other, late;
  once = store.subscribe([&] {
    calls.push_back("once");
    once.reset();
    other.reset();
    late = store.subscribe([&] { calls.push_back("late"); });
  });
  other = store.subscribe([&] { calls.push_back("other"); });
  const auto always = store.subscribe([&] { calls.push_back("always"); });
  must(store.append_line(a, "1"));
  EXPECT_THAT(calls, ElementsAre("once", "always"));
  must(store.append(a, std::string_view()));  // nothing was appended
  must(store.end_stream(a));
  EXPECT_THAT(calls, ElementsAre("once", "always", "always", "late"));
}

TEST_F(StoreTest, WhatAListenerAppendsIsAnnouncedInAnotherRound) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  int depth = 0, calls = 0;
  const auto writes = store.subscribe([&] {
    EXPECT_EQ(depth++, 0);
    if (++calls == 1) must(store.append_line(a, "from the listener"));
    --depth;
  });
  must(store.append_line(a, "first"));
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(read_log(store.file()), ElementsAre("a: first", "a: from the listener"));
}

TEST_F(StoreTest, ASubscriptionMayOutliveTheStore) {
  Subscription subscription;
  {
    auto store = new_store();
    subscription = store.subscribe([] {});
    EXPECT_TRUE(subscription.is_active());
  }
  EXPECT_FALSE(subscription.is_active());
}

}  // namespace
}  // namespace hitch::testing
