// JSON values, which need no bundle.

#include <gtest/gtest.h>
#include <hitch/hitch.h>

#include <limits>
#include <sstream>

namespace client_tests {

using hitch::client::Json;
using hitch::client::JsonError;

namespace {

TEST(JsonTest, IsWhatItIsMadeOf) {
  EXPECT_TRUE(Json().is_null());
  EXPECT_TRUE(Json(nullptr).is_null());
  EXPECT_TRUE(Json(true).as_bool());
  EXPECT_EQ(Json(7).as_int(), 7);
  EXPECT_EQ(Json(7U).as_int(), 7);
  EXPECT_EQ(Json(3.0).as_int(), 3);
  EXPECT_EQ(Json(1.5).as_double(), 1.5);
  EXPECT_EQ(Json("text").as_string(), "text");
  EXPECT_EQ((Json{{"a", 1}, {"b", "c"}}).as_object().size(), 2U);
  EXPECT_EQ(Json(Json::Array{1, "two"}).size(), 2U);
  const Json ready = {{"listen", 5432}};
  EXPECT_EQ(ready["listen"], 5432);
}

TEST(JsonTest, Reads) {
  const auto value =
      Json::parse(R"({"a": [1, -2, 18446744073709551615, 1.5, true, null, "\u00e9"]})");
  EXPECT_EQ(value["a"].size(), 7U);
  EXPECT_EQ(value["a"][1], -2);
  EXPECT_EQ(value["a"][2], std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(value["a"][5].is_null());
  EXPECT_EQ(value["a"][6], "\xC3\xA9");
  for (const char* wrong : {"", "{", "{\"a\"}", "nul", "\xFF", "1 2"}) {
    EXPECT_THROW(Json::parse(wrong), JsonError) << wrong;
  }
  EXPECT_THROW(Json::parse(std::string(100'000, '[')), JsonError);
}

TEST(JsonTest, LargeNumbersAreExact) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(Json(kMost).dump(), "18446744073709551615");
  EXPECT_EQ(Json::parse(Json(kMost).dump()).as_uint(), kMost);
  EXPECT_NE(Json(kMost), Json(kMost - 1));
  EXPECT_NE(Json(kMost), Json(18446744073709551616.0));
  EXPECT_EQ(Json(std::uint64_t{1} << 63), Json(9223372036854775808.0));
  EXPECT_NE(Json(9007199254740993), Json(9007199254740992.0));
  EXPECT_NE(Json(-1), Json(kMost));
  EXPECT_EQ(Json(-3), Json(-3.0));
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::min()), Json(-9223372036854775808.0));
  EXPECT_EQ(Json(1e300), Json(1e300));
  EXPECT_EQ(Json(3).as_uint(), 3U);
  EXPECT_EQ(Json(3.0).as_uint(), 3U);
  EXPECT_TRUE(Json(kMost).is_unsigned());
  EXPECT_FALSE(Json(kMost).is_integer());
  EXPECT_FALSE(Json(-1).is_unsigned());
  EXPECT_THROW((void)Json(-1).as_uint(), JsonError);
  EXPECT_THROW((void)Json(1.5).as_uint(), JsonError);
  EXPECT_THROW((void)Json("1").as_uint(), JsonError);
  for (const char* wrong : {"1e999", "-1e999", R"({"a": [1e400]})"}) {
    EXPECT_THROW(Json::parse(wrong), JsonError) << wrong;
  }
}

TEST(JsonTest, WhatItHasNot) {
  const Json value{{"a", Json::Array{1}}, {"t", "text"}};
  EXPECT_THROW((void)value["b"], JsonError);
  EXPECT_THROW((void)value["a"][1], JsonError);
  EXPECT_THROW((void)value["a"][-1], JsonError);
  EXPECT_THROW((void)value["t"]["x"], JsonError);
  EXPECT_THROW((void)value["t"].as_int(), JsonError);
  EXPECT_THROW((void)Json(1.5).as_int(), JsonError);
  EXPECT_THROW((void)Json(1e300).as_int(), JsonError);
  EXPECT_THROW((void)Json(std::numeric_limits<std::uint64_t>::max()).as_int(), JsonError);
  EXPECT_THROW((void)Json(1).contains("x"), JsonError);
}

TEST(JsonTest, Contains) {
  EXPECT_TRUE(Json("a text").contains("text"));
  EXPECT_TRUE(Json(Json::Array{"a", "b"}).contains("b"));
  EXPECT_FALSE(Json(Json::Array{"a", 1}).contains("c"));
  EXPECT_TRUE((Json{{"a", 1}}).contains("a"));
}

TEST(JsonTest, ComparesNumbersByValue) {
  EXPECT_EQ(Json(1), Json(1.0));
  EXPECT_EQ(Json(1U), Json(1));
  EXPECT_NE(Json(1), Json("1"));
  EXPECT_NE(Json(true), Json(1));
  EXPECT_EQ((Json{{"a", 1}, {"b", 2}}), (Json{{"b", 2}, {"a", 1}}));
}

TEST(JsonTest, PrintsAndIsSet) {
  Json value;
  value.set("b", Json::Array{1, 2.5, nullptr});
  value.set("a", "\"");
  value.set("a", "x");
  std::ostringstream text;
  text << value;
  EXPECT_EQ(text.str(), R"({"a":"x","b":[1,2.5,null]})");
  EXPECT_EQ(Json::parse(value.dump()), value);
  EXPECT_THROW(Json(1).set("a", 2), JsonError);
}

}  // namespace

}  // namespace client_tests
