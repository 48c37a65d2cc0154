#include "runtime/logs/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace hitch {
namespace {

using namespace std::string_literals;

TEST(JsonTextTest, EveryKindOfValueIsJson) {
  for (const auto& text :
       {"{}"s, "[]"s, "true"s, "false"s, "null"s, "\"\""s, "0"s, "-0"s, "-1.50"s, "1e9"s, "0.1E-5"s,
        "12345678901234567890123"s, " [ 1 , [ ] , { \"a\" : { } } ]\r\n"s,
        R"("\"\\\/\b\f\n\r\t\u00e9\uD83D")"s, "\"\x7f\xff\""s, R"({"a":1,"a":2})"s,
        std::string(256, '[') + "1" + std::string(256, ']')}) {
    EXPECT_TRUE(is_json_text(text)) << text;
  }
}

TEST(JsonTextTest, WhatIsCutOrGarbledIsNot) {
  for (const auto& text : {""s,
                           " "s,
                           "x"s,
                           "nan"s,
                           "tru"s,
                           "truex"s,
                           "+1"s,
                           "01"s,
                           "-"s,
                           "1."s,
                           ".5"s,
                           "1e"s,
                           "1e+"s,
                           "0x1"s,
                           "\""s,
                           "\"a"s,
                           "\"\\\""s,
                           "\"\\x\""s,
                           "\"\\u12\""s,
                           "\"\t\""s,
                           "'a'"s,
                           "["s,
                           "]"s,
                           "[1"s,
                           "[1,"s,
                           "[1,]"s,
                           "[,1]"s,
                           "[1 2]"s,
                           "{"s,
                           "{\"a\""s,
                           "{\"a\":"s,
                           "{\"a\"}"s,
                           "{1:2}"s,
                           "{,}"s,
                           "{\"a\":1,}"s,
                           "1 2"s,
                           "{}{}"s,
                           "{}\0"s,
                           "\0"s,
                           "\"a\0b\""s,
                           "[\"a\" \"b\"]"s,
                           std::string(257, '[') + std::string(257, ']'),
                           std::string(1 << 20, '['),
                           std::string(1 << 20, '{')}) {
    EXPECT_FALSE(is_json_text(text)) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace hitch
