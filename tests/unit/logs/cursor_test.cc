#include "runtime/logs/cursor.h"

#include <map>
#include <random>
#include <thread>

#include "log_fixture.h"

namespace hitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CursorTest : public LogFixture {
 protected:
  static std::string name(std::size_t i) { return std::string("s").append(std::to_string(i)); }
};

TEST_F(CursorTest, FiltersAreByServiceStreamAndPhase) {
  auto store = new_store();
  for (const auto* service : {"a", "b"}) {
    for (const auto output : {OutputStream::kOut, OutputStream::kErr}) {
      for (const auto phase : {Phase::kRun, Phase::kSetup}) {
        const auto id = store.open_stream({service, output, phase});
        must(store.append_line(id, output == OutputStream::kErr ? "err" : "out"));
      }
    }
  }
  const auto count = [&](LogFilter filter) {
    return read_log(store.file(), {.filter = std::move(filter)}).size();
  };
  EXPECT_EQ(count({}), 8u);
  EXPECT_EQ(count({.services = {"a"}}), 4u);
  EXPECT_EQ(count({.services = {"a", "b"}}), 8u);
  EXPECT_EQ(count({.services = {"c"}}), 0u);
  EXPECT_EQ(count({.output = OutputStream::kErr}), 4u);
  EXPECT_EQ(count({.phases = {Phase::kSetup, Phase::kTeardown}}), 4u);
  EXPECT_EQ(count({.services = {"a"}, .output = OutputStream::kErr, .phases = {Phase::kSetup}}),
            1u);
}

TEST_F(CursorTest, LongLinesComeInPiecesOfTheCap) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  must(store.append(a, std::string_view("1234\n12345\n123")));
  must(store.append(a, std::string_view("45678\n\n12")));
  EXPECT_THAT(read_log(store.file(), {.line_cap_bytes = 4}),
              ElementsAre("a: 1234", "a: 1234…", "a: ~5", "a: 1234…", "a: ~5678", "a: ", "a: 12$"));
  EXPECT_THAT(read_log(store.file(), {.line_cap_bytes = 0}).front(), "a: 1…");
}

TEST_F(CursorTest, PiecesEndBetweenCharacters) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  // Written byte by byte, so that characters are cut between records too.
  const std::string line = "x\u00e9\u20ac\U0001f600\u00e9\u00e9\u20ac\U0001f600\n";
  for (const char byte : line) must(store.append(a, std::string_view(&byte, 1)));
  EXPECT_THAT(read_log(store.file(), {.line_cap_bytes = 4}),
              ElementsAre("a: x\u00e9…", "a: ~\u20ac…", "a: ~\U0001f600…", "a: ~\u00e9\u00e9…",
                          "a: ~\u20ac…", "a: ~\U0001f600"));
  must(store.append(a, line));
  EXPECT_THAT(read_log(store.file(), {.line_cap_bytes = 4}).size(), 12u);
  must(store.append(a, std::string_view("\xff\xff\xff\xff\xff\xff\xc3\xc3\n")));  // not text
  EXPECT_THAT(read_log(store.file(), {.line_cap_bytes = 4}).back(), ::testing::EndsWith("\xc3"));
}

TEST_F(CursorTest, AHugeLineNeedsLittleMemory) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  constexpr std::size_t kLength = (std::size_t{64} << 20) + 17;
  const std::string part(std::size_t{4} << 20, 'x');
  std::size_t written = 0;
  for (; written + part.size() <= kLength; written += part.size()) must(store.append(a, part));
  must(store.append(a, part.substr(0, kLength - written) + "\nnext\n"));
  LogCursor cursor(store.file());
  std::size_t length = 0, pieces = 0;
  for (auto line = *cursor.next(); line && line->text != "next"; line = *cursor.next()) {
    EXPECT_LE(line->text.size(), std::size_t{1} << 20);
    EXPECT_EQ(line->sequence, 1u);
    EXPECT_EQ(line->continued, pieces > 0);
    EXPECT_EQ(line->continues, !line->has_newline);
    length += line->text.size();
    ++pieces;
  }
  EXPECT_EQ(length, kLength);
  EXPECT_EQ(pieces, 65u);
}

TEST_F(CursorTest, UnfinishedLinesOfManyStreamsAreBoundedTogether) {
  auto store = new_store();
  for (std::size_t i = 0; i < 100; ++i) {
    must(store.append(store.open_stream({name(i)}), std::string(1000, 'x')));
  }
  LogCursor cursor(store.file(), {.held_limit_bytes = 10'500});
  std::size_t early = 0, late = 0;
  for (auto line = *cursor.next(); line; line = *cursor.next(), ++early) {
    EXPECT_TRUE(line->continues);
  }
  for (auto line = cursor.next_unfinished(); line; line = cursor.next_unfinished()) ++late;
  EXPECT_EQ(early, 90u);
  EXPECT_EQ(late, 100u);  // the end of each line is told, if its text has been delivered or not
}

TEST_F(CursorTest, AStartInTheMiddleGivesWhatComesFromThereOn) {
  auto store = new_store();
  const auto a = store.open_stream({"a"}), b = store.open_stream({"b"});
  must(store.append(a, std::string_view("old\nbegun ")));
  const auto now = store.end();
  must(store.append(b, std::string_view("new\n")));
  must(store.append(a, std::string_view("before\nfresh\n")));
  const auto expected = ElementsAre("b: new", "a: ~before", "a: fresh");
  EXPECT_THAT(read_log(store.file(), {.start = {now, 0}}), expected);
  EXPECT_THAT(read_log(*LogFile::open(dir_), {.start = {now, 0}}), expected);
  EXPECT_THAT(read_log(store.file(), {.start = {now, 3}}), ElementsAre("b: new", "a: fresh"));
  EXPECT_THAT(read_log(store.file(), {.start = {store.end(), 0}}), IsEmpty());
}

/// What a stream printed, by its own account.
struct Expected {
  std::string bytes;
  std::vector<std::string> lines;  // as described
};

TEST_F(CursorTest, WhateverIsWrittenComesBackHoweverItIsCutUp) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::size_t{random()} % n; };
    std::filesystem::remove(log_path());
    auto store = new_store();
    const std::size_t streams = 1 + below(8);
    std::vector<StreamId> ids;
    std::vector<std::string> written(streams), read(streams);
    for (std::size_t i = 0; i < streams; ++i) {
      ids.push_back(store.open_stream({name(i)}));
    }
    LogCursor following(store.file(), {.line_cap_bytes = 1 + below(200), .held_limit_bytes = 600});
    std::map<std::uint64_t, std::size_t> stream_of_line;
    const auto take = [&](const LogLine& line) {
      const auto index = static_cast<std::size_t>(line.stream);
      EXPECT_EQ(stream_of_line.emplace(line.sequence, index).first->second, index);
      read[index] += line.text;
      if (line.has_newline) read[index] += '\n';
    };
    for (std::size_t step = 0; step < 200; ++step) {
      const auto i = below(streams);
      std::string bytes;
      const std::size_t length = below(20) == 0 ? below(100'000) : below(60);
      for (std::size_t n = 0; n < length; ++n) {
        bytes += below(9) == 0 ? '\n' : static_cast<char>(below(256));
      }
      must(store.append(ids[i], bytes));
      written[i] += bytes;
      while (below(3) > 0) {
        const auto line = *following.next();
        if (!line) break;
        take(*line);
      }
    }
    for (const auto id : ids) must(store.end_stream(id));
    for (auto line = *following.next(); line; line = *following.next()) take(*line);
    EXPECT_EQ(read, written) << "seed " << seed;
    EXPECT_EQ(following.offset(), store.end());
    EXPECT_EQ(stream_of_line.size(), store.next_sequence() - 1) << "seed " << seed;
    if (!stream_of_line.empty()) {
      EXPECT_EQ(stream_of_line.begin()->first, 1u);
      EXPECT_EQ(stream_of_line.rbegin()->first, store.next_sequence() - 1);
    }
  }
}

TEST_F(CursorTest, AReaderOnAnotherThreadSeesEveryLineOfAFastWriter) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  constexpr std::uint64_t kLines = 200'000;
  LogCursor cursor(store.file());
  std::uint64_t seen = 0;
  std::thread reader([&] {
    while (seen < kLines) {
      const auto line = cursor.next();
      ASSERT_TRUE(line) << line.error().message();
      if (!*line) {
        std::this_thread::yield();
        continue;
      }
      ASSERT_EQ((*line)->text, std::to_string(seen));
      ASSERT_EQ((*line)->sequence, ++seen);
    }
  });
  for (std::uint64_t i = 0; i < kLines;) {
    std::string chunk;
    for (const auto stop = std::min(kLines, i + 1 + i % 50); i < stop; ++i) {
      chunk += std::to_string(i) + "\n";
    }
    must(store.append(a, chunk));
  }
  reader.join();
  EXPECT_EQ(seen, kLines);
}

}  // namespace
}  // namespace hitch::testing
