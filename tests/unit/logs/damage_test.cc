#include <fcntl.h>
#include <unistd.h>

#include "log_fixture.h"
#include "runtime/logs/record.h"

namespace hitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DamageTest : public LogFixture {
 protected:
  /// A log of three records; the last one's offset is `last_`.
  void SetUp() override {
    auto store = new_store();
    const auto a = store.open_stream({"a"});
    must(store.append(a, std::string_view("first\nbegun")));
    last_ = store.end();
    must(store.append(a, std::string_view(" and finished\nlast\n")));
    whole_ = image();
  }

  std::uint64_t last_ = 0;
  std::string whole_;
};

TEST_F(DamageTest, ATornTailIsIgnoredAtEveryByte) {
  for (std::size_t size = last_; size < whole_.size(); ++size) {
    set_image(whole_.substr(0, size));
    auto cursor = LogCursor::open(dir_);
    EXPECT_THAT(read_lines(*cursor), ElementsAre("a: first")) << size;
    EXPECT_EQ(cursor->offset(), last_);
    EXPECT_EQ(describe(*cursor->next_unfinished()), "a: begun$");
  }
}

TEST_F(DamageTest, ATornTailThatIsReplacedIsReadAfresh) {
  for (std::size_t size = last_; size < whole_.size(); ++size) {
    set_image(whole_.substr(0, size));
    auto cursor = LogCursor::open(dir_);
    (void)read_lines(*cursor);
    auto other = whole_.substr(0, last_) + whole_.substr(last_);
    other[other.find("finished")] = 'F';
    set_image(other);
    EXPECT_THAT(read_lines(*cursor), ElementsAre("a: begun and Finished", "a: last"));
  }
}

TEST_F(DamageTest, EveryDamagedBitOfAHeaderIsAnErrorWithTheOffset) {
  for (std::size_t bit = 0; bit < kRecordHeaderBytes * 8; ++bit) {
    auto image = whole_;
    const std::size_t at = last_ + bit / 8;
    image[at] = static_cast<char>(image[at] ^ (1 << (bit % 8)));
    set_image(image);
    auto cursor = LogCursor::open(dir_);
    EXPECT_EQ((**cursor->next()).text, "first");
    for (int again = 0; again < 2; ++again) {
      const auto line = cursor->next();
      ASSERT_FALSE(line) << "bit " << bit;
      EXPECT_EQ(line.error().message(), "log '" + log_path().native() + "' is damaged at byte " +
                                            std::to_string(last_) + ": no record begins there");
    }
  }
}

TEST_F(DamageTest, AStartWhereNoRecordBeginsIsAnError) {
  for (const std::uint64_t offset : {std::uint64_t{1}, last_ - 1, last_ + 1, ~std::uint64_t{0}}) {
    auto cursor = LogCursor::open(dir_, {.start = {offset, 0}});
    const auto line = cursor->next();
    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().message(), HasSubstr("is damaged at byte " + std::to_string(offset)));
  }
}

TEST_F(DamageTest, OutputOfAnUnknownStreamIsAnError) {
  const RecordHeader header{.length = 1, .stream = StreamId{7}};
  const auto raw = encode_header(header);
  set_image(std::string(raw.data(), raw.size()) + "x");
  auto cursor = LogCursor::open(dir_);
  for (int again = 0; again < 2; ++again) {
    const auto line = cursor->next();
    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().message(), HasSubstr("of a stream that has not been defined"));
  }
}

TEST_F(DamageTest, DefinitionsThatMakeNoSenseAreErrors) {
  for (const std::string& payload : {std::string(), std::string("\0", 1), std::string("\2\0a", 3),
                                     std::string("\0\5a", 3), std::string("\0\1other", 7)}) {
    const RecordHeader header{.type = RecordType::kStream,
                              .length = static_cast<std::uint32_t>(payload.size())};
    const auto raw = encode_header(header);
    set_image(whole_ + std::string(raw.data(), raw.size()) + payload);
    auto cursor = LogCursor::open(dir_);
    EXPECT_TRUE(*cursor->next());
    EXPECT_TRUE(*cursor->next());
    EXPECT_TRUE(*cursor->next());
    const auto line = cursor->next();
    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().message(), HasSubstr("a definition of a stream that makes no sense"));
  }
}

TEST_F(DamageTest, HeadersComeBackAsTheyWere) {
  const RecordHeader header{
      .type = RecordType::kEnd,
      .flags = 3,
      .length = kRecordPayloadLimitBytes,
      .stream = StreamId{0xfffffffe},
      .lines = 12345,
      .first_sequence = ~std::uint64_t{0},
      .open_sequence = 99,
      .times = {LogTimes::Nanoseconds(-1), LogTimes::Nanoseconds(2), LogTimes::Nanoseconds(3)}};
  const auto back = decode_header(encode_header(header));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_header(*back), encode_header(header));
  EXPECT_EQ(back->first_sequence, header.first_sequence);
  EXPECT_EQ(back->times, header.times);
  auto too_long = header;
  too_long.length = kRecordPayloadLimitBytes + 1;
  EXPECT_FALSE(decode_header(encode_header(too_long)));
}

}  // namespace
}  // namespace hitch::testing
