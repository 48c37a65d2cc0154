// `hitch config`: the file as hitch understands it.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Config : public HitchTest {};

TEST_F(Config, PrintsTheResolvedFile) {
  bundle.write_file("app/keep", "");
  bundle.write_file("hitch.yaml", R"(
x-common: &common {COLOUR: green, PORT: "${PORT:-7001}"}
services:
  App:
    command: sleep 1000
    directory: app
    env_vars: {<<: *common, SIZE: 3}
    needs: [Db]
    log_line_ready_checker: up
  Db: {command: [sleep, "1000"], clock: real}
)");
  const auto result = run({"config"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("working_dir: "));
  EXPECT_THAT(result.out, HasSubstr((bundle.directory() / "app").string()));
  EXPECT_THAT(result.out, HasSubstr("COLOUR: green"));
  EXPECT_TRUE(has_line(result.out, R"(PORT: "?7001"?)"));
  EXPECT_THAT(result.out, HasSubstr("depends_on:"));
  EXPECT_THAT(result.out, Not(HasSubstr("env_vars")));
  EXPECT_THAT(result.out, Not(HasSubstr("x-common")));
  EXPECT_THAT(result.out, HasSubstr("name: bundle"));
}

TEST_F(Config, WhatItPrintsIsABundleFileThatResolvesToItself) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], ready: {log: "a: 'b' $$x"}, restart: on-failure:3}
)");
  const auto first = run({"config"});
  EXPECT_TRUE(exited(first, 0));
  bundle.write_file("hitch.yaml", first.out);
  const auto second = run({"config"});
  EXPECT_TRUE(exited(second, 0));
  EXPECT_EQ(second.out, first.out);
}

TEST_F(Config, LaterFilesAreMergedOverEarlierOnes) {
  bundle.write_file("a.yaml",
                    "services:\n  App: {command: [sleep, '1'], environment: {A: a, B: b}}\n");
  bundle.write_file("b.yaml", "services:\n  App: {command: [sleep, '2'], environment: {B: c}}\n");
  const auto result = run({"-f", "a.yaml", "-f", "b.yaml", "config"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "A: \"?a"));
  EXPECT_TRUE(has_line(result.out, "B: \"?c"));
  EXPECT_FALSE(has_line(result.out, "B: \"?b"));
}

TEST_F(Config, QuietOnlyChecks) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const auto good = run({"config", "-q"});
  EXPECT_TRUE(exited(good, 0));
  EXPECT_EQ(good.out + good.err, "");
  bundle.write_file("hitch.yaml", "services:\n  App: {comand: [sleep, '1000']}\n");
  const auto bad = run({"config", "-q"});
  EXPECT_TRUE(exited(bad, 2));
  EXPECT_EQ(bad.out, "");
  EXPECT_TRUE(has_line(bad.err, R"(hitch\.yaml:2:9: .*services\.App\.comand.*command)"));
}

TEST_F(Config, SaysWhatThisVersionCannotRun) {
  bundle.write(
      "services:\n  App: {command: [sleep, '1'], publish: [80], "
      "limits: {pids: 9}, user: postgres}\n");
  const auto result = run({"config", "-q"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "hitch: note: this version of hitch cannot run 'services.App.user: postgres' yet\n");
}

TEST_F(Config, JsonFileIsReadAsWell) {
  bundle.write_file("hitch.json", R"({"services": {"App": {"command": ["sleep", "1000"]}}})");
  EXPECT_TRUE(exited(run({"config", "-q"}), 0));
}

TEST_F(Config, JsonIsPrintedWhenAskedFor) {
  bundle.write("services:\n  App: {command: [sleep, '1000']}\n");
  const auto result = run({"--format", "json", "config"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out.front(), '{');
  EXPECT_EQ(lines_of(result.out).size(), 1U);
}

TEST_F(Config, RecipeIsExpanded) {
  bundle.write("services:\n  Cache: {recipe: redis, with: {port: 7777}}\n");
  const auto result = run({"config"});
  if (result.code == 2 && result.err.find("no program") != std::string::npos) {
    GTEST_SKIP() << "redis is not installed";
  }
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("redis-server"));
  EXPECT_THAT(result.out, HasSubstr("7777"));
}

}  // namespace
}  // namespace hitch::testing
