#include "cli/compact_json.h"

#include <gtest/gtest.h>

namespace hitch::testing {
namespace {

std::string compact(std::string_view json) {
  std::string out;
  append_compact_json(json, out);
  return out;
}

TEST(CompactJson, BlanksBetweenValuesGo) {
  EXPECT_EQ(compact("  {\"a\" : [1,\t2 , {} ],\r\n \"b\":null } "), R"({"a":[1,2,{}],"b":null})");
}

TEST(CompactJson, StringsStayAsTheyAre) {
  EXPECT_EQ(compact(R"({"a b": " x \" y ", "c\\": "\\"})"), R"({"a b":" x \" y ","c\\":"\\"})");
  EXPECT_EQ(compact(R"("\\\" ")"), R"("\\\" ")");
  EXPECT_EQ(compact("\"M\u00fcller \\u00fc\""), "\"M\u00fcller \\u00fc\"");
}

TEST(CompactJson, NumbersKeepAllTheirDigits) {
  EXPECT_EQ(compact("[12345678901234567890123, 1.10, -0]"), "[12345678901234567890123,1.10,-0]");
}

TEST(CompactJson, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(compact("[\"a\xff\xc3\"]"), "[\"a\\ufffd\\ufffd\"]");
  EXPECT_EQ(compact("\"12345678\xed\xa0\x80 x\""), "\"12345678\\ufffd\\ufffd\\ufffd x\"");
}

TEST(CompactJson, WhatEndsTooEarlyIsNotReadBeyond) {
  EXPECT_EQ(compact("\"abc"), "\"abc");
  EXPECT_EQ(compact(""), "");
}

}  // namespace
}  // namespace hitch::testing
