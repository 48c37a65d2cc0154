#include <gtest/gtest.h>

#include "runtime/bundle/interpolate.h"

namespace hitch {
namespace {

Scope scope() {
  Scope variables(
      [](std::string_view name) -> std::optional<std::string> {
        if (name == "HOME") return "/home/x";
        if (name == "EMPTY") return "";
        if (name == "MONEY") return "$HOME ${HOME}";
        return std::nullopt;
      },
      "variable");
  variables.set("HITCH_SERVICE", "Web");
  return variables;
}

/// The text after interpolation, or the error.
std::string expanded(const std::string& text) {
  Node node = make_scalar(text, {"f", 1, 2});
  Diagnostics out;
  interpolate(node, KeyPath{nullptr, "key"}, scope(), out);
  EXPECT_EQ(node.unusable, !out.empty());
  return out.empty() ? node.text : out.render();
}

TEST(BundleInterpolate, ReplacesVariablesAnywhereInTheText) {
  EXPECT_EQ(expanded("${HOME}"), "/home/x");
  EXPECT_EQ(expanded("a${HOME}b${HITCH_SERVICE}c"), "a/home/xbWebc");
}

TEST(BundleInterpolate, LeavesOtherDollarsAlone) {
  for (const char* text : {"$HOME", "$", "a$", "$(ls)", "$1", "{HOME}", "}"}) {
    EXPECT_EQ(expanded(text), text);
  }
}

TEST(BundleInterpolate, TwoDollarsAreOneAndHideWhatFollows) {
  EXPECT_EQ(expanded("$$"), "$");
  EXPECT_EQ(expanded("$${HOME}"), "${HOME}");
  EXPECT_EQ(expanded("$$$${HOME}"), "$${HOME}");
  EXPECT_EQ(expanded("$$${HOME}"), "$/home/x");
}

TEST(BundleInterpolate, DefaultStandsInForUnsetAndEmpty) {
  EXPECT_EQ(expanded("${NOPE:-a b}"), "a b");
  EXPECT_EQ(expanded("${EMPTY:-x}"), "x");
  EXPECT_EQ(expanded("${EMPTY}"), "");
  EXPECT_EQ(expanded("${NOPE:-}"), "");
  EXPECT_EQ(expanded("${NOPE:-a:-b:?c}"), "a:-b:?c");
  EXPECT_EQ(expanded("${HOME:-x}"), "/home/x");
}

TEST(BundleInterpolate, ValuesAreNotExpandedAgain) {
  EXPECT_EQ(expanded("${MONEY}"), "$HOME ${HOME}");
}

TEST(BundleInterpolate, UnsetIsAnErrorWithTheFilesOwnWordsIfItHasSome) {
  EXPECT_EQ(expanded("${NOPE}"), "f:1:2: key: the variable 'NOPE' is not set\n");
  EXPECT_EQ(expanded("${NOPE:?run setup first}"),
            "f:1:2: key: the variable 'NOPE' is not set: run setup first\n");
  EXPECT_EQ(expanded("${EMPTY:?}"), "f:1:2: key: 'EMPTY' is empty\n");
}

TEST(BundleInterpolate, EveryMistakeOfOneTextIsReported) {
  EXPECT_EQ(expanded("${A} ${B}"),
            "f:1:2: key: the variable 'A' is not set\nf:1:2: key: the variable 'B' is not set\n");
}

TEST(BundleInterpolate, OtherFormsAreRefused) {
  for (const char* text : {"${", "${}", "${A", "${A-b}", "${A:+b}", "${A:=b}", "${#A}", "${A B}",
                           "${A:}", "${A:-${B}}", "${1}", "${ä}"}) {
    EXPECT_NE(expanded(text).find("the forms are ${VAR}"), std::string::npos) << text;
  }
}

TEST(BundleInterpolate, EscapedTextComesBackAsItWas) {
  for (const char* text : {"$HOME", "${HOME}", "$$", "5$", ""}) {
    EXPECT_EQ(expanded(escape_dollars(text)), text);
  }
}

TEST(BundleInterpolate, KeysStayAsTheyAre) {
  Node map;
  map.kind = NodeKind::kMapping;
  Entry entry;
  entry.key = "${HOME}";
  entry.value = make_scalar("${HOME}", {});
  map.entries.push_back(entry);
  Diagnostics out;
  interpolate(map, {}, scope(), out);
  EXPECT_EQ(map.entries[0].key, "${HOME}");
  EXPECT_EQ(map.entries[0].value.text, "/home/x");
}

}  // namespace
}  // namespace hitch
