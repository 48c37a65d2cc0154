#include "cli/field_text.h"

#include <gtest/gtest.h>

namespace hitch {
namespace {

TEST(FieldTextTest, ValuesOfAllShapes) {
  EXPECT_EQ(field_text("null"), "-");
  EXPECT_EQ(field_text("12"), "12");
  EXPECT_EQ(field_text("0.0"), "0.0");
  EXPECT_EQ(field_text("1795392781.86"), "1795392781.86");
  EXPECT_EQ(field_text(R"("a text")"), "a text");
  EXPECT_EQ(field_text(R"(["sh","-c","x y"])"), "sh -c x y");
  EXPECT_EQ(field_text("[]"), "");
  EXPECT_EQ(field_text(R"({"user":0.5,"system":1.0})"), "user=0.5 system=1.0");
  EXPECT_EQ(field_text(R"({"A":"1","B":""})"), "\n  A: 1\n  B: ");
  EXPECT_EQ(field_text(R"({"core":{"soft":0,"hard":-1}})"), "\n  core: soft=0 hard=-1");
  EXPECT_EQ(field_text(R"([{"fd":1,"laddr":{"ip":"::1","port":80},"raddr":null},{"fd":2}])"),
            "\n  fd=1 laddr=[::1]:80 raddr=-\n  fd=2");
  EXPECT_EQ(field_text(R"({"laddr":{"ip":"127.0.0.1","port":80},"fd":1})"),
            "\n  laddr: 127.0.0.1:80\n  fd: 1");
}

TEST(FieldTextTest, WhatAServiceWritesCannotForgeALineOrATerminal) {
  const auto text = field_text(R"("a\nname: b\u001b[2J\u0007")");
  EXPECT_EQ(text.find('\n'), text.npos);
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_EQ(text.find('\a'), text.npos);
  EXPECT_EQ(text.substr(0, 10), "a\\nname: b");
  const auto table = field_text(R"({"A\nB":"1\n2"})");
  EXPECT_EQ(table, "\n  A\\nB: 1\\n2");
}

}  // namespace
}  // namespace hitch
