#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle_support.h"
#include "runtime/bundle/reader.h"

namespace hitch {
namespace {

using ::testing::HasSubstr;

std::string place(const SourceMark& mark) {
  return mark.file + ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
}

Node read(std::string_view text, Format format = Format::kYaml) {
  Diagnostics out;
  auto root = read_document("f", text, format, out);
  EXPECT_TRUE(root) << out.render();
  return root.value_or(Node{});
}

std::string error(std::string_view text, Format format = Format::kYaml) {
  Diagnostics out;
  EXPECT_FALSE(read_document("f", text, format, out));
  return out.render();
}

TEST(BundleReader, MarksKeysAndValuesWithLineAndCharacterColumn) {
  const Node root = read("a: 1\n\"ö\": {ü: [x, \"y\"]}\n");
  const Entry* entry = root.find("ö");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(place(entry->mark), "f:2:1");
  EXPECT_EQ(place(entry->value.mark), "f:2:6");
  const Node* list = entry->value.value("ü");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(place(list->items[1].mark), "f:2:14");
}

TEST(BundleReader, JsonMarksAreTheSameAsThoseOfYaml) {
  const std::string_view text = "{\"a\": [1, \"ö\", {\"b\": true}],\n \"c\": null}";
  const Node yaml = read(text), json = read(text, Format::kJson);
  for (const Node* root : {&yaml, &json}) {
    const Node& list = *root->value("a");
    EXPECT_EQ(place(list.mark), "f:1:7");
    EXPECT_EQ(place(list.items[1].mark), "f:1:11");
    EXPECT_EQ(place(list.items[2].entries[0].value.mark), "f:1:22");
    EXPECT_EQ(place(root->find("c")->mark), "f:2:2");
    EXPECT_EQ(root->value("c")->kind, NodeKind::kNull);
  }
}

TEST(BundleReader, TellsQuotedFromPlain) {
  const Node root = read("a: true\nb: \"true\"\nc: 'true'\nd: !!str true\ne: |\n  true\n");
  EXPECT_FALSE(root.value("a")->quoted);
  for (const char* key : {"b", "c", "d", "e"}) EXPECT_TRUE(root.value(key)->quoted) << key;
}

TEST(BundleReader, EveryEscapeOfYamlGivesUtf8) {
  EXPECT_EQ(read(R"(a: "é\_é\N\L\P\xe9\u00e9\U0001F600\/")").value("a")->text,
            "é\u00A0é\u0085\u2028\u2029éé😀/");
}

TEST(BundleReader, AValueThatIsNotThereIsWhereItsKeyIs) {
  const Node root = read("a:\n\n\nb: 1\n");
  EXPECT_EQ(place(root.value("a")->mark), "f:1:1");
}

TEST(BundleReader, AnAliasIsACopyWithTheMarksOfItsAnchor) {
  const Node root = read("a: &x {k: v}\nb: *x\n");
  EXPECT_EQ(place(root.value("b")->value("k")->mark), "f:1:11");
}

TEST(BundleReader, MergeKeyFillsInWhatIsMissingAndEarlierMapsWin) {
  const Node root = read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {c: 3, <<: [*x, *y], d: 3}\n");
  const Node& z = *root.value("z");
  ASSERT_EQ(z.entries.size(), 4U);
  EXPECT_EQ(z.value("a")->text, "1");
  EXPECT_EQ(z.value("b")->text, "1");
  EXPECT_EQ(z.value("c")->text, "3");
  EXPECT_EQ(z.value("d")->text, "3");
}

TEST(BundleReader, AQuotedMergeKeyIsAKeyLikeAnyOther) {
  const Node root = read("\"<<\": text\n");
  EXPECT_EQ(root.value("<<")->text, "text");
}

TEST(BundleReader, ReadsEveryFormOfJsonNumberAndEscape) {
  const Node root = read(
      R"({"n": [0, -0, 10, 1.5, 1e3, 1E+3, 2.5e-3], "s": "\" \\ \/ \b \f \n \r \t \u00e9 \ud83d\uDE00"})",
      Format::kJson);
  ASSERT_EQ(root.value("n")->items.size(), 7U);
  EXPECT_EQ(root.value("n")->items[6].text, "2.5e-3");
  EXPECT_EQ(root.value("s")->text, "\" \\ / \b \f \n \r \t é 😀");
}

TEST(BundleReader, StandardInputIsJsonIfItReadsAsJsonElseYaml) {
  EXPECT_EQ(read("{\"a\": \"\\/\"}", Format::kAny).value("a")->text, "/");
  EXPECT_EQ(read("{a: b}", Format::kAny).value("a")->text, "b");
  EXPECT_EQ(read("a: b", Format::kAny).value("a")->text, "b");
}

TEST(BundleReader, RefusesAFileThatIsTooLarge) {
  EXPECT_EQ(error(std::string(kMaxFileBytes + 1, ' ')),
            "f: the file is larger than 4 MiB, which no bundle file is\n");
}

TEST(BundleReader, RefusesTooManyValuesInJsonAndYaml) {
  std::string text = "{\"a\": [0";
  for (std::size_t i = 0; i < kMaxNodes; ++i) text += ",0";
  text += "]}";
  EXPECT_THAT(error(text), HasSubstr("more than 100000 values"));
  EXPECT_THAT(error(text, Format::kJson), HasSubstr("more than 100000 values"));
}

TEST(BundleReader, FirstErrorOfTheSyntaxEndsTheFileButDuplicateKeysDoNot) {
  EXPECT_EQ(error("a: 1\na: 2\nb: [\n"),
            "f:2:1: duplicate key 'a'; it is also on line 1\n"
            "f:4:1: not valid YAML: the '[' before this is never closed\n");
}

TEST(BundleReader, MessagesHoldNoControlCharactersOfTheFile) {
  Diagnostics out;
  (void)read_document("f", "\"a\\e[31m\": 1\n\"a\\e[31m\": 2\n", Format::kYaml, out);
  EXPECT_THAT(out.render(), HasSubstr("duplicate key"));
  EXPECT_EQ(out.render().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace hitch
