#include "runtime/logs/jq_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "runtime/logs/jq_library.h"

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

TEST(JqFilterTest, AnythingButFalseAndNullMatches) {
  auto filter = compiled(".a");
  for (const auto* line :
       {R"({"a":true})", R"({"a":0})", R"({"a":""})", R"({"a":[]})", " \t{\"a\": 1} \r"}) {
    EXPECT_TRUE(filter.matches(line)) << line;
  }
  for (const auto* line : {R"({"a":false})", R"({"a":null})", R"({})", R"({"b":1})"}) {
    EXPECT_FALSE(filter.matches(line)) << line;
  }
}

TEST(JqFilterTest, OneMatchingValueOfSeveralIsEnough) {
  auto filter = compiled(".[]");
  EXPECT_TRUE(filter.matches("[false, null, 1]"));
  EXPECT_FALSE(filter.matches("[false, null]"));
  EXPECT_FALSE(filter.matches("[]"));
  EXPECT_FALSE(compiled("empty").matches("1"));
}

TEST(JqFilterTest, AnErrorOfTheFilterOnALineIsNoMatchAndTheNextLineIsNew) {
  auto filter = compiled(".a.b == 1");
  EXPECT_FALSE(filter.matches(R"({"a": "text"})"));
  EXPECT_TRUE(filter.matches(R"({"a": {"b": 1}})"));
  EXPECT_FALSE(filter.matches("[1]"));
  EXPECT_TRUE(filter.matches(R"({"a": {"b": 1}})"));
  EXPECT_FALSE(compiled("error(\"x\")").matches("1"));
  EXPECT_FALSE(compiled("halt").matches("1"));
  EXPECT_FALSE(compiled("input").matches("1"));
  EXPECT_FALSE(compiled("inputs").matches("1"));
  EXPECT_TRUE(compiled("debug").matches("1"));
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
    EXPECT_FALSE(filter.matches(line)) << line.substr(0, 100);
  }
  for (const auto& line : {"1"s, "-1.5e3"s, "\"text\""s, "null"s, "[]"s, "\"\xff\""s,
                           std::string(256, '[') + std::string(256, ']')}) {
    EXPECT_TRUE(filter.matches(line)) << line;
  }
}

TEST(JqFilterTest, AFilterWithoutEndIsLeftAfterItsFirstMatchOrManyValues) {
  EXPECT_TRUE(compiled("repeat(1)").matches("1"));
  EXPECT_FALSE(compiled("repeat(null)").matches("1"));
  EXPECT_FALSE(compiled("repeat(false)").matches("1"));
}

TEST(JqFilterTest, TheMatchingValueIsGivenAsCompactJson) {
  auto filter = compiled(".a");
  EXPECT_EQ(filter.first_match(R"({"a": {"b": [1, "x\u0000\n"]}})"), R"({"b":[1,"x\u0000\n"]})");
  EXPECT_EQ(filter.first_match(R"({"a": "text"})"), "\"text\"");
  EXPECT_EQ(filter.first_match(R"({"a": false})"), std::nullopt);
  EXPECT_EQ(filter.first_match("text"), std::nullopt);
}

TEST(JqFilterTest, TheLineNeedsNoNulBehindIt) {
  const std::string line = "{\"a\":12345}9";
  EXPECT_EQ(compiled(".a").first_match(std::string_view(line).substr(0, line.size() - 1)), "12345");
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

TEST(JqFilterTest, AMissingLibraryNamesThePackage) {
  const auto library = JqLibrary::load("libjq-not-there.so.1");
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().message(),
            "load the jq library: libjq-not-there.so.1: cannot open shared object file: "
            "No such file or directory");
  EXPECT_EQ(library.error().hint(),
            "install the package libjq1 (Debian, Ubuntu) or the library of jq 1.6 or later");
  const auto other = JqLibrary::load("libm.so.6");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message(), "load the jq library: 'libm.so.6' has no jq_init");
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
    (void)filter.first_match(line);  // only that it comes back
  }
}

}  // namespace
}  // namespace hitch
