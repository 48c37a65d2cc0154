#include "cli/log_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitch::testing {
namespace {

using enum OutputStream;
using enum Phase;

class LogViewTest : public ::testing::Test {
 protected:
  static LogView view(Destination destination = Destination::kTerminal,
                      ColorMode colors = ColorMode::kNever) {
    return LogView({"Django", "Mail"}, destination, colors);
  }
  static LogLine line(const StreamKey& key, std::string_view text) {
    return {.sequence = 1,
            .stream = StreamId{static_cast<std::uint32_t>(key.phase) * 2 +
                               static_cast<std::uint32_t>(key.output)},
            .key = &key,
            .text = text,
            .has_newline = true};
  }
  static std::string print(LogView& view, const StreamKey& key, std::string_view text) {
    std::string out;
    view.add(line(key, text), out);
    return out;
  }
  const StreamKey out_{"Django"}, err_{"Django", kErr};
};

TEST_F(LogViewTest, TitlesAreRightAligned) {
  auto v = view();
  EXPECT_EQ(print(v, {"Django", kOut, kRun}, "text"), "[       Django] text\n");
  EXPECT_EQ(print(v, {"Django", kErr, kRun}, "text"), "[   Err Django] text\n");
  EXPECT_EQ(print(v, {"Django", kOut, kSetup}, "text"), "[ Setup Django] text\n");
  EXPECT_EQ(print(v, {"Django", kErr, kSetup}, "text"), "[Setup! Django] text\n");
  EXPECT_EQ(print(v, {"Django", kOut, kPoststart}, "text"), "[  Post Django] text\n");
  EXPECT_EQ(print(v, {"Django", kErr, kPoststart}, "text"), "[ Post! Django] text\n");
  EXPECT_EQ(print(v, {"Django", kOut, kTeardown}, "text"), "[  Down Django] text\n");
  EXPECT_EQ(print(v, {"Django", kErr, kTeardown}, "text"), "[ Down! Django] text\n");
  EXPECT_EQ(print(v, {"Hitch", kOut, kHarness}, "text"), "[        Hitch] text\n");
  EXPECT_EQ(view().prefix({"Mail"}), "[         Mail] ");
  EXPECT_EQ(view().prefix({"unheard-of-service", kErr}), "[Err unheard-of-service] ");
}

TEST_F(LogViewTest, TheWidthIsThatOfTheLongestNameOfTheFile) {
  const LogView wide({"a", "much-longer"}, Destination::kRaw, ColorMode::kNever);
  EXPECT_EQ(wide.prefix({"a"}), "[                 a] ");
  EXPECT_EQ(wide.prefix({"much-longer", kErr, kSetup}), "[Setup! much-longer] ");
  const LogView none({}, Destination::kRaw, ColorMode::kNever);
  EXPECT_EQ(none.prefix({"Hitch", kOut, kHarness}), "[       Hitch] ");
}

TEST_F(LogViewTest, StandardErrorIsYellowWhereColoursAreWanted) {
  auto v = view(Destination::kTerminal, ColorMode::kAlways);
  EXPECT_EQ(print(v, out_, "text"), "[       Django] text\n");
  EXPECT_EQ(print(v, err_, "text"), "\x1b[33m[   Err Django] text\x1b[0m\n");
  EXPECT_EQ(print(v, out_, "\x1b[1mbold"), "[       Django] \x1b[1mbold\x1b[0m\n");
}

TEST_F(LogViewTest, ATerminalGetsHarmlessTextAndAPipeWhatCame) {
  auto terminal = view(), pipe = view(Destination::kRaw);
  constexpr std::string_view kHostile = "x\x1b[2J\r\xff";
  EXPECT_EQ(print(terminal, out_, kHostile), "[       Django] x\\x1b[2J\\r\\xff\n");
  EXPECT_EQ(print(pipe, out_, kHostile), "[       Django] x\x1b[2J\r\xff\n");
}

TEST_F(LogViewTest, PiecesOfALineAreJoined) {
  auto v = view();
  std::string out;
  auto piece = line(out_, "one \xe2\x82");
  piece.continues = true;
  v.add(piece, out);
  piece.continued = true;
  piece.text = "\xac two ";
  v.add(piece, out);
  piece.continues = false;
  piece.text = "three";
  v.add(piece, out);
  EXPECT_EQ(out, "[       Django] one € two three\n");
}

TEST_F(LogViewTest, ALineThatAnotherInterruptsSaysSo) {
  auto v = view(Destination::kTerminal, ColorMode::kAlways);
  std::string out;
  auto piece = line(err_, "begin");
  piece.continues = true;
  v.add(piece, out);
  v.add(line(out_, "other"), out);
  piece.continued = true;
  piece.text = "middle";
  v.add(piece, out);
  v.add_message("READY", out);
  piece.continues = false;
  piece.text = "end";
  v.add(piece, out);
  EXPECT_EQ(out,
            "\x1b[33m[   Err Django] begin [the line goes on below]\x1b[0m\n"
            "[       Django] other\n"
            "\x1b[33m[   Err Django] [the line goes on] middle [the line goes on below]\x1b[0m\n"
            "[        Hitch] READY\n"
            "\x1b[33m[   Err Django] [the line goes on] end\x1b[0m\n");
}

TEST_F(LogViewTest, EveryLineOfAMessageHasItsTitle) {
  auto v = view();
  std::string out;
  v.add_message("", out);
  v.add_message("one\n\nthree\n", out);
  EXPECT_EQ(out,
            "[        Hitch] \n[        Hitch] one\n[        Hitch] \n[        Hitch] three\n");
}

}  // namespace
}  // namespace hitch::testing
