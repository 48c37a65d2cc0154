// Every file of tests/fixtures/bundle against what is expected of it, to the letter. With
// HITCH_UPDATE_FIXTURES set the expectations are written anew: look at the difference.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "bundle_support.h"
#include "runtime/bundle/render.h"

namespace hitch {
namespace {

namespace fs = std::filesystem;

struct Case {
  fs::path folder;
  std::string file;
};

std::vector<Case> cases(const std::vector<std::string>& folders) {
  std::vector<Case> all;
  for (const auto& folder : folders) {
    const fs::path path = testing::fixtures() / folder;
    for (const auto& file : testing::bundle_files(path)) all.push_back({path, file});
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.folder.filename().native() + '_' + info.param.file;
  for (char& c : name) {
    if (c == '.' || c == '-') c = '_';
  }
  return name;
}

LoadOutcome load(const Case& one) {
  return load_bundle(testing::request_in(one.folder, testing::case_files(one.folder, one.file)));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

/// Compares with the file beside the case, in which no path of this machine may be.
void expect(const Case& one, std::string actual) {
  replace_all(actual, testing::fixtures().native(), "@FIXTURES@");
  const fs::path path = one.folder / (one.file + ".expected");
  if (std::getenv("HITCH_UPDATE_FIXTURES") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
  }
  EXPECT_EQ(actual, testing::read_text_file(path)) << path;
}

class GoodFile : public ::testing::TestWithParam<Case> {};

TEST_P(GoodFile, LoadsAsExpected) {
  const auto outcome = load(GetParam());
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  EXPECT_TRUE(outcome.diagnostics.empty());
  expect(GetParam(), render_yaml(*outcome.spec));
}

TEST_P(GoodFile, RenderedLoadsAgainToTheSame) {
  const auto outcome = load(GetParam());
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  const testing::TempTree tree;
  for (const bool json : {false, true}) {
    const std::string name = json ? "again.json" : "again.yaml";
    tree.write(name, json ? render_json(*outcome.spec) : render_yaml(*outcome.spec));
    auto request = testing::request_in(tree.path(), {name});
    request.recipe_dirs.clear();
    const auto again = load_bundle(request);
    ASSERT_TRUE(again.ok()) << name << ":\n" << again.diagnostics.render();
    EXPECT_EQ(render_json(*again.spec), render_json(*outcome.spec));
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, GoodFile, ::testing::ValuesIn(cases({"good"})), case_name);

class BadFile : public ::testing::TestWithParam<Case> {};

TEST_P(BadFile, IsRefusedWithExactlyTheseMessages) {
  const auto outcome = load(GetParam());
  EXPECT_FALSE(outcome.ok());
  EXPECT_FALSE(outcome.diagnostics.empty());
  expect(GetParam(), outcome.diagnostics.render());
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, BadFile, ::testing::ValuesIn(cases({"bad/syntax", "bad/structural", "bad/semantic"})),
    case_name);

}  // namespace
}  // namespace hitch
