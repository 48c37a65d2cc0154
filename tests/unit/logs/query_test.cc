#include "runtime/logs/query.h"

#include <algorithm>
#include <random>

#include "log_fixture.h"
#include "runtime/logs/split.h"

namespace hitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueryTest : public LogFixture {
 protected:
  static std::vector<std::string> texts(const Result<std::vector<StoredLine>>& lines) {
    std::vector<std::string> out;
    EXPECT_TRUE(lines) << lines.error().message();
    for (const auto& line : *lines) out.push_back(line.text + (line.is_cut ? "…" : ""));
    return out;
  }
};

TEST_F(QueryTest, TheLastLinesOfAServiceIncludeOneThatIsNotFinished) {
  auto store = new_store();
  const auto a = store.open_stream({"a"}), b = store.open_stream({"b"});
  must(store.append(a, std::string_view("1\n2\n3\n")));
  must(store.append(b, std::string_view("other\n")));
  must(store.append(a, std::string_view("4\nTraceback")));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 3, .filter = {.services = {"a"}}})),
              ElementsAre("3", "4", "Traceback"));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 3})),
              ElementsAre("other", "4", "Traceback"));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 99})),
              ElementsAre("1", "2", "3", "other", "4", "Traceback"));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 0})), IsEmpty());
  EXPECT_THAT(texts(last_lines(store.file(), {.filter = {.services = {"c"}}})), IsEmpty());
}

TEST_F(QueryTest, TheLastLinesAreThoseThatBeganLast) {
  auto store = new_store();
  const auto a = store.open_stream({"a"}), b = store.open_stream({"b"});
  must(store.append(a, std::string_view("early, ")));
  must(store.append(b, std::string_view("x\ny\n")));
  must(store.append(a, std::string_view("finished late\n")));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 2})), ElementsAre("x", "y"));
  EXPECT_THAT(texts(last_lines(store.file(), {.count = 3})),
              ElementsAre("early, finished late", "x", "y"));
}

TEST_F(QueryTest, LongLinesAreCutAndSayThatTheyAre) {
  auto store = new_store();
  must(store.append(store.open_stream({"a"}), std::string_view("123456789\nshort\n")));
  EXPECT_THAT(texts(last_lines(store.file(), {.line_limit_bytes = 5})),
              ElementsAre("12345…", "short"));
}

TEST_F(QueryTest, ACursorContinuesAfterTheLinesBack) {
  auto store = new_store();
  const auto a = store.open_stream({"a"});
  must(store.append(a, std::string_view("1\n2\n3\n4\n")));
  EXPECT_THAT(read_log(store.file(), {.start = *lines_back(store.file(), {}, 2)}),
              ElementsAre("a: 3", "a: 4"));
  LogCursor cursor(store.file(), {.start = *lines_back(store.file(), {}, 0)});
  EXPECT_THAT(read_lines(cursor), IsEmpty());
  must(store.append_line(a, "5"));
  EXPECT_THAT(read_lines(cursor), ElementsAre("a: 5"));
}

TEST_F(QueryTest, LinesBackAgreesWithReadingEverything) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    std::filesystem::remove(log_path());
    auto store = new_store();
    std::vector<StreamId> ids;
    for (const auto* name : {"a", "b", "c"}) ids.push_back(store.open_stream({name}));
    for (int step = 0; step < 60; ++step) {
      std::string bytes;
      for (auto n = random() % 12; n > 0; --n) bytes += random() % 3 == 0 ? '\n' : 'x';
      must(store.append(ids[random() % 3], bytes));
    }
    const LogFilter filter{.services = {"a", "c"}};
    const auto all = *last_lines(store.file(), {.count = 100'000, .filter = filter});
    for (std::size_t count = 0; count < all.size() + 3; ++count) {
      const auto some = *last_lines(store.file(), {.count = count, .filter = filter});
      ASSERT_EQ(some.size(), std::min(count, all.size())) << "seed " << seed;
      for (std::size_t i = 0; i < some.size(); ++i) {
        const auto& same = all[all.size() - some.size() + i];
        ASSERT_EQ(some[i].sequence, same.sequence);
        ASSERT_EQ(some[i].text, same.text);
      }
    }
  }
}

TEST(SplitTest, BytesAreSplitIntoLinesAndARest) {
  std::vector<std::string> pieces;
  const auto keep = [&](LinePiece piece) {
    pieces.push_back(std::string(piece.text) + (piece.ends_line ? "|" : ""));
  };
  split_lines(std::string_view("a\n\nb\0c\nrest", 11), keep);
  EXPECT_THAT(pieces, ElementsAre("a|", "|", std::string("b\0c|", 4), "rest"));
  pieces.clear();
  split_lines("", keep);
  split_lines("\n", keep);
  EXPECT_THAT(pieces, ElementsAre("|"));
  EXPECT_EQ(count_newlines("a\n\nb"), 2u);
}

TEST(SplitTest, NewlinesAreCountedAtEveryLengthAndPlace) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 5000; size += 1 + size / 50) {
    std::string bytes(size, '\n');
    for (auto& byte : bytes) byte = random() % 2 == 0 ? '\n' : static_cast<char>(random() % 256);
    for (std::size_t start = 0; start < std::min<std::size_t>(size, 17); ++start) {
      const auto view = std::string_view(bytes).substr(start);
      ASSERT_EQ(count_newlines(view),
                static_cast<std::size_t>(std::count(view.begin(), view.end(), '\n')));
    }
  }
  EXPECT_EQ(count_newlines(std::string(100'000, '\n')), 100'000u);
}

}  // namespace
}  // namespace hitch::testing
