#include "cli/safe_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hitch::testing {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;

/// A line as it is printed, with "<R>" at its end if it has to be reset.
std::string safe(std::string_view text, ColorMode colors = ColorMode::kAlways) {
  SafeText safe_text(colors);
  std::string out;
  safe_text.add(text, out);
  if (safe_text.finish(out)) out += "<R>";
  return out;
}

struct Hostile {
  std::string_view bytes, shown;
};

constexpr Hostile kHostile[] = {
    {"plain ASCII ~ and\ta tab"sv, "plain ASCII ~ and\ta tab"sv},
    {"Grüße, 日本語, 🙂"sv, "Grüße, 日本語, 🙂"sv},
    {"a\0b\x01\x07\x08\x0b\x0c\x0e\x1f\x7f"sv, "a\\x00b\\x01\\x07\\x08\\x0b\\x0c\\x0e\\x1f\\x7f"sv},
    // Carriage returns: a line that overwrites itself, and CR LF.
    {"real\rfake"sv, "real\\rfake"sv},
    {"dos line\r"sv, "dos line"sv},
    {"twice\r\r"sv, "twice\\r"sv},
    {"10%\r20%\r30%"sv, "10%\\r20%\\r30%"sv},
    // OSC: hyperlink, clipboard, title, with both terminators, and unfinished.
    {"\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\"sv,
     "\\x1b]8;;http://x\\x1b\\click\\x1b]8;;\\x1b\\"sv},
    {"\x1b]52;c;ZXZpbA==\x07"sv, "\\x1b]52;c;ZXZpbA==\\x07"sv},
    {"\x1b]0;title"sv, "\\x1b]0;title"sv},
    // DCS, APC, PM, SOS, reset, charset, keypad.
    {"\x1bP+q544e\x1b\\"sv, "\\x1bP+q544e\\x1b\\"sv},
    {"\x1b_apc\x1b\\\x1b^pm\x1bXsos"sv, "\\x1b_apc\\x1b\\\\x1b^pm\\x1bXsos"sv},
    {"\x1b"
     "c\x1b(0\x1b="sv,
     "\\x1b"
     "c\\x1b(0\\x1b="sv},
    // CSI other than colours: cursor, erase, modes, report, private parameters, intermediate bytes.
    {"\x1b[2J\x1b[1;1H\x1b[?1049h\x1b[6n\x1b[1A\x1b[2K"sv,
     "\\x1b[2J\\x1b[1;1H\\x1b[?1049h\\x1b[6n\\x1b[1A\\x1b[2K"sv},
    {"\x1b[?25m\x1b[>4;1m\x1b[0 m"sv, "\\x1b[?25m\\x1b[>4;1m\\x1b[0 m"sv},
    {"\x1b"sv, "\\x1b"sv},
    {"\x1b[31"sv, "\\x1b[31"sv},
    {"\x1b\x1b[31m"sv, "\\x1b\x1b[31m<R>"sv},
    {"\x1b[\x1b[m"sv, "\\x1b[\x1b[m<R>"sv},
    // Colours.
    {"\x1b[31mred\x1b[0m"sv, "\x1b[31mred\x1b[0m<R>"sv},
    {"\x1b[38;2;1;2;3m\x1b[4:3mx"sv, "\x1b[38;2;1;2;3m\x1b[4:3mx<R>"sv},
    // C1, raw and in UTF-8: 8-bit CSI, OSC, DCS, NEL.
    {"\x9b"
     "31mx\x9d\x90"sv,
     "\\x9b"
     "31mx\\x9d\\x90"sv},
    {"\xc2\x9b"
     "31m\xc2\x85"sv,
     "\\u009b"
     "31m\\u0085"sv},
    // Direction and lines of Unicode's own.
    {"\u202e\u2066\u200f\u061c\u2028\u2029"sv, "\\u202e\\u2066\\u200f\\u061c\\u2028\\u2029"sv},
    // Invalid UTF-8: stray, overlong, surrogate, too large, cut off.
    {"\x80\xbf\xc0\xaf\xc1\xbf"sv, "\\x80\\xbf\\xc0\\xaf\\xc1\\xbf"sv},
    {"\xe0\x80\xaf\xf0\x80\x80\xaf"sv, "\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf"sv},
    {"\xed\xa0\x80\xf4\x90\x80\x80\xf5\xff"sv, "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xf5\\xff"sv},
    {"\xf0\x9f\x99"sv, "\\xf0\\x9f\\x99"sv},
    {"\xe2\x82x"sv, "\\xe2\\x82x"sv},
    {"\xc3\x1b[2J"sv, "\\xc3\\x1b[2J"sv},
};

TEST(SafeTextTest, HostileTextIsShownAndNotObeyed) {
  for (const auto& [bytes, shown] : kHostile) EXPECT_EQ(safe(bytes), shown);
}

TEST(SafeTextTest, ItDoesNotMatterWhereTextIsCut) {
  for (const auto& [bytes, shown] : kHostile) {
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
      for (std::size_t second = first; second <= bytes.size(); ++second) {
        SafeText safe_text(ColorMode::kAlways);
        std::string out;
        safe_text.add(bytes.substr(0, first), out);
        safe_text.add(bytes.substr(first, second - first), out);
        safe_text.add(bytes.substr(second), out);
        if (safe_text.finish(out)) out += "<R>";
        EXPECT_EQ(out, shown) << first << ", " << second;
      }
    }
  }
}

TEST(SafeTextTest, ColoursVanishWhereTheyAreNotWanted) {
  EXPECT_EQ(safe("\x1b[31mred\x1b[0m \x1b[2J", ColorMode::kNever), "red \\x1b[2J");
}

TEST(SafeTextTest, ALineDoesNotColourTheNext) {
  SafeText safe_text(ColorMode::kAlways);
  std::string out;
  safe_text.add("\x1b[31m", out);
  EXPECT_TRUE(safe_text.finish(out));
  safe_text.add("next", out);
  EXPECT_FALSE(safe_text.finish(out));
}

TEST(SafeTextTest, AColourWithoutEndIsNotWaitedForForEver) {
  const auto parameters = std::string(100'000, '1');
  EXPECT_EQ(safe("\x1b[" + parameters + "m"), "\\x1b[" + parameters + "m");
}

TEST(SafeTextTest, NothingThatATerminalObeysComesThrough) {
  std::mt19937 random(1);
  constexpr auto kAlphabet =
      "\x1b[]PX^_;:0189mHJh\\\r\a\t\x00\x7f\x80\x9b\x9d\xc2\xe2\x80\xae\xf0"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (int i = 0; i < 16; ++i) bytes += kAlphabet[random() % kAlphabet.size()];
    const auto out = safe(bytes, ColorMode::kNever);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto byte = static_cast<unsigned char>(out[i]);
      ASSERT_TRUE(byte >= 0x20 || byte == '\t') << ::testing::PrintToString(bytes);
      ASSERT_NE(byte, 0x7f);
      if (byte == 0xc2) {
        ASSERT_GE(static_cast<unsigned char>(out.at(i + 1)), 0xa0);
      }
    }
  }
}

}  // namespace
}  // namespace hitch::testing
