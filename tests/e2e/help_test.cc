// `hitch help TOPIC`, and the man page that is made of the same texts.
#include <filesystem>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Help : public HitchTest {};

TEST_F(Help, EachTopicThatIsNamedIsThere) {
  const auto overview = run({"help"});
  for (const char* topic : {"bundle-file", "exit-codes", "environment", "files", "logs"}) {
    EXPECT_THAT(overview.out, HasSubstr(topic));
    EXPECT_TRUE(exited(run({"help", topic}), 0));
  }
}

TEST_F(Help, VariablesAreThoseOfTheOptions) {
  const auto result = run({"help", "environment"});
  EXPECT_TRUE(has_line(result.out, R"(^  HITCH_FILE +--file$)"));
  EXPECT_TRUE(has_line(result.out, R"(^  HITCH_QUIET +--quiet of run)"));
}

TEST_F(Help, ANameOfACommandAndATopicTellsBoth) {
  const auto result = run({"help", "logs"});
  EXPECT_THAT(result.out, HasSubstr("--until-regex"));
  EXPECT_THAT(result.out, HasSubstr("[   Err Web]"));
}

TEST_F(Help, UnknownTopicNamesTheNearest) {
  const auto result = run({"help", "exit-code"});
  EXPECT_TRUE(failed_saying(result, 2,
                            "^hitch: there is no command or topic 'exit-code' "
                            R"(\(did you mean 'hitch help exit-codes'\?\))"));
}

TEST_F(Help, TheManPageHasAllCommandsAndNoWarnings) {
  const auto page = run({"help", "--man"});
  EXPECT_TRUE(exited(page, 0));
  for (const char* text : {".SS run", ".SS logs", "until\\-regex", ".SH EXIT STATUS"}) {
    EXPECT_THAT(page.out, HasSubstr(text));
  }
  if (!std::filesystem::exists("/usr/bin/groff")) GTEST_SKIP() << "no groff here";
  RunOptions checked;
  checked.prefix = {"/bin/bash", "-c", "set -o pipefail; \"$0\" \"$@\" | groff -man -Tutf8 -ww -z"};
  const auto result = run({"help", "--man"}, checked);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace hitch::testing
