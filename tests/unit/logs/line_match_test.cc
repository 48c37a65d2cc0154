#include "runtime/logs/line_match.h"

#include <gtest/gtest.h>

#include <string>

namespace hitch {
namespace {

using namespace std::string_literals;

bool holds(const Result<bool>& matched) {
  if (!matched) ADD_FAILURE() << matched.error().message();
  return matched && *matched;
}

TEST(LineMatchTest, TextIsFoundAnywhereAndAsItIs) {
  auto match = LineMatch::text("a.c");
  EXPECT_TRUE(holds(match.matches("xx a.c")));
  EXPECT_FALSE(holds(match.matches("abc")));
  EXPECT_FALSE(holds(match.matches("")));
  EXPECT_TRUE(holds(match.matches("\0\xff a.c\x80"s)));
}

TEST(LineMatchTest, ARegularExpressionIsFoundAnywhere) {
  auto match = LineMatch::regex("port [0-9]+$");
  ASSERT_TRUE(match) << match.error().message();
  EXPECT_TRUE(holds(match->matches("listening on port 5432")));
  EXPECT_FALSE(holds(match->matches("listening on port 5432.")));
  EXPECT_FALSE(holds(match->matches("")));
  EXPECT_TRUE(holds(match->matches("\xff\xfe\0port 1"s)));
}

TEST(LineMatchTest, RegularExpressionsKnowLettersOfManyBytes) {
  auto match = LineMatch::regex("^b.r(eit)$");
  ASSERT_TRUE(match) << match.error().message();
  EXPECT_TRUE(holds(match->matches("b\u00e4reit")));
}

TEST(LineMatchTest, ABadRegularExpressionSaysWhatIsWrong) {
  const auto message = [](std::string_view pattern) {
    const auto match = LineMatch::regex(pattern);
    if (match) return "compiled"s;
    EXPECT_EQ(match.error().kind(), Kind::kUsage);
    return match.error().message();
  };
  EXPECT_EQ(message("a(b"), "regular expression 'a(b': missing )");
  EXPECT_EQ(message("a*\n**"), "regular expression 'a*\\n**': bad repetition operator: '**'");
  EXPECT_EQ(message("(?=x)"), "regular expression '(?=x)': invalid perl operator: '(?='");
  EXPECT_EQ(message("[z-a]"), "regular expression '[z-a]': invalid character class range: 'z-a'");
  EXPECT_EQ(message("\xff"), "regular expression '\xff': invalid UTF-8");
  EXPECT_EQ(message("((a{100}){100}){100}").find("regular expression '((a{100}){100}){100}': "),
            0u);
}

TEST(LineMatchTest, AJsonFilterIsOneOfTheTests) {
  auto match = LineMatch::json(".ready");
  ASSERT_TRUE(match) << match.error().message();
  EXPECT_TRUE(holds(match->matches(R"({"ready": true})")));
  EXPECT_FALSE(holds(match->matches("ready")));
  LineMatch moved = std::move(*match);
  EXPECT_TRUE(holds(moved.matches(R"({"ready": 1})")));
  EXPECT_EQ(LineMatch::json(".a |").error().message(),
            "jq filter '.a |': syntax error, unexpected $end");
}

}  // namespace
}  // namespace hitch
