#include "runtime/logs/jq_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hitch {
namespace {

using namespace std::string_literals;

JqFilter compiled(std::string_view filter) {
  auto result = JqFilter::compile(filter);
  if (!result) ADD_FAILURE() << result.error().message();
  return *std::move(result);
}

std::string message(std::string_view filter) {
  const auto result = JqFilter::compile(filter);
  if (result) return "compiled";
  EXPECT_EQ(result.error().kind(), Kind::kUsage);
  return result.error().message();
}

template <typename Filter>
bool matches(Filter&& filter, std::string_view line) {
  const auto matched = filter.matches(line);
  if (!matched) ADD_FAILURE() << matched.error().message();
  return matched && *matched;
}

template <typename Filter>
std::optional<std::string> first_match(Filter&& filter, std::string_view line) {
  auto value = filter.first_match(line);
  if (!value) ADD_FAILURE() << value.error().message();
  return value ? *std::move(value) : std::nullopt;
}

TEST(JqFilterTest, AnythingButFalseAndNullMatches) {
  auto filter = compiled(".a");
  for (const auto* line :
       {R"({"a":true})", R"({"a":0})", R"({"a":""})", R"({"a":[]})", " \t{\"a\": 1} \r"}) {
    EXPECT_TRUE(matches(filter, line)) << line;
  }
  for (const auto* line : {R"({"a":false})", R"({"a":null})", R"({})", R"({"b":1})"}) {
    EXPECT_FALSE(matches(filter, line)) << line;
  }
}

TEST(JqFilterTest, OneMatchingValueOfSeveralIsEnough) {
  auto filter = compiled(".[]");
  EXPECT_TRUE(matches(filter, "[false, null, 1]"));
  EXPECT_FALSE(matches(filter, "[false, null]"));
  EXPECT_FALSE(matches(filter, "[]"));
  EXPECT_FALSE(matches(compiled("empty"), "1"));
}

TEST(JqFilterTest, AnErrorOfTheFilterOnALineIsNoMatchAndTheNextLineIsNew) {
  auto filter = compiled(".a.b == 1");
  EXPECT_FALSE(matches(filter, R"({"a": "text"})"));
  EXPECT_TRUE(matches(filter, R"({"a": {"b": 1}})"));
  EXPECT_FALSE(matches(filter, "[1]"));
  EXPECT_TRUE(matches(filter, R"({"a": {"b": 1}})"));
  EXPECT_FALSE(matches(compiled("error(\"x\")"), "1"));
  EXPECT_FALSE(matches(compiled("halt"), "1"));
  EXPECT_FALSE(matches(compiled("input"), "1"));
  EXPECT_FALSE(matches(compiled("inputs"), "1"));
  EXPECT_TRUE(matches(compiled("debug"), "1"));
}

TEST(JqFilterTest, WhatIsNotOneJsonValueDoesNotMatch) {
  auto filter = compiled("true");
  for (const auto& line : {""s,
                           " "s,
                           "x"s,
                           "{"s,
                           "{\"a\":}"s,
                           "1 2"s,
                           "1 2 3"s,
                           "{} x"s,
                           "{}{}"s,
                           "{} {"s,
                           "tru"s,
                           "nope"s,
                           "\"open"s,
                           "\0"s,
                           "{}\0"s,
                           "\xff"s,
                           "[1,]"s,
                           "{\"a\":1}}"s,
                           "-"s,
                           std::string(100'000, '['),
                           std::string(100'000, '{')}) {
    EXPECT_FALSE(matches(filter, line)) << line.substr(0, 100);
  }
  for (const auto& line : {"1"s, "-1.5e3"s, "\"text\""s, "null"s, "[]"s, "\"\xff\""s,
                           std::string(256, '[') + std::string(256, ']')}) {
    EXPECT_TRUE(matches(filter, line)) << line;
  }
}

TEST(JqFilterTest, AFilterWithoutEndIsLeftAfterItsFirstMatchOrManyValues) {
  EXPECT_TRUE(matches(compiled("repeat(1)"), "1"));
  EXPECT_FALSE(matches(compiled("repeat(null)"), "1"));
  EXPECT_FALSE(matches(compiled("repeat(false)"), "1"));
}

TEST(JqFilterTest, AFilterThatYieldsNothingAndNeverEndsIsAnErrorOnce) {
  auto filter = compiled("[repeat(.)]");
  EXPECT_FALSE(matches(filter, "no JSON, so it is not asked"));
  const auto late = filter.matches("1");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message(), "jq filter '[repeat(.)]': a line took longer than 2 seconds");
  EXPECT_EQ(late.error().kind(), Kind::kUsage);
  const auto later = filter.matches("1");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().message(), "jq filter '[repeat(.)]': hitch-jq has ended");
}

TEST(JqFilterTest, FiltersLiveSideBySideAndMove) {
  auto one = compiled(".a"), other = compiled(".b");
  EXPECT_TRUE(matches(one, R"({"a":1})"));
  EXPECT_FALSE(matches(other, R"({"a":1})"));
  other = std::move(one);
  EXPECT_TRUE(matches(other, R"({"a":1})"));
}

TEST(JqFilterTest, ALongLineIsALineToo) {
  const std::string text(std::size_t{4} << 20, 'x');
  const std::string line = R"({"text":")" + text + R"("})";
  EXPECT_TRUE(matches(compiled(".text | length == 4194304"), line));
  EXPECT_EQ(first_match(compiled(".text"), line), '"' + text + '"');
}

TEST(JqFilterTest, TheMatchingValueIsGivenAsCompactJson) {
  auto filter = compiled(".a");
  EXPECT_EQ(first_match(filter, R"({"a": {"b": [1, "x\u0000\n"]}})"), R"({"b":[1,"x\u0000\n"]})");
  EXPECT_EQ(first_match(filter, R"({"a": "text"})"), "\"text\"");
  EXPECT_EQ(first_match(filter, R"({"a": false})"), std::nullopt);
  EXPECT_EQ(first_match(filter, "text"), std::nullopt);
}

TEST(JqFilterTest, TheLineNeedsNoNulBehindIt) {
  const std::string line = "{\"a\":12345}9";
  EXPECT_EQ(first_match(compiled(".a"), std::string_view(line).substr(0, line.size() - 1)),
            "12345");
}

TEST(JqFilterTest, ABadFilterSaysWhatIsWrong) {
  EXPECT_EQ(message(".a |"), "jq filter '.a |': syntax error, unexpected $end");
  EXPECT_EQ(message(".a &&& b"),
            "jq filter '.a &&& b': syntax error, unexpected INVALID_CHARACTER, expecting $end");
  EXPECT_EQ(message("nosuch(.a)"), "jq filter 'nosuch(.a)': nosuch/1 is not defined");
  EXPECT_EQ(message("$x"), "jq filter '$x': $x is not defined");
  EXPECT_EQ(message("foo | bar"), "jq filter 'foo | bar': foo/0 is not defined");
  EXPECT_EQ(message("import \"x\" as x; ."),
            "jq filter 'import \"x\" as x; .': module not found: x");
  EXPECT_EQ(message(".a\0b"s), "jq filter '.a\\x00b': it contains a NUL byte");
  EXPECT_EQ(message("\xff").find("jq filter '\xff': syntax error"), 0u);
}

TEST(JqFilterTest, NoBytesDoHarm) {
  auto filter = compiled(".a // .[0] // .");
  std::minstd_rand random(7);
  const std::string letters =
      "{}[]\",:0123456789.eE+-\\u \ttruefalsnb\xff\xc3\x28\xed\xa0\x80"s + '\0';
  for (int round = 0; round < 20'000; ++round) {
    std::string line(1, "{[\"-0tfn"[random() % 8]);
    for (auto length = random() % 40; length > 0; --length)
      line += letters[random() % letters.size()];
    (void)first_match(filter, line);  // only that it comes back
  }
}

}  // namespace
}  // namespace hitch
