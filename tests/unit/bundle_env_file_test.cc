#include <gtest/gtest.h>

#include "runtime/bundle/env_file.h"

namespace hitch {
namespace {

struct Read {
  std::string variables, errors;
};

Read read(std::string_view text, Variables variables = {}) {
  Diagnostics out;
  read_env_file("x.env", text, "services.A.env_file[0]", variables, out);
  Read result;
  for (const auto& [name, value] : variables) result.variables += name + '=' + value + '|';
  result.errors = out.render();
  return result;
}

TEST(BundleEnvFile, ReadsNamesAndValues) {
  EXPECT_EQ(read("A=1\nB= two words \nC=\n\n  # comment\nD=x=y\n").variables,
            "A=1|B=two words|C=|D=x=y|");
}

TEST(BundleEnvFile, TakesExportWindowsLinesByteOrderMarkAndNoFinalNewline) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "export A=1\r\nexport\tB=2\r\nC=3")
                .variables,
            "A=1|B=2|C=3|");
}

TEST(BundleEnvFile, ACommentNeedsABlankBeforeIt) {
  EXPECT_EQ(read("A=a#b\nB=a #b\nC=#b\n").variables, "A=a#b|B=a|C=|");
}

TEST(BundleEnvFile, QuotesKeepBlanksAndLineBreaks) {
  EXPECT_EQ(
      read("A=\" x \"\nB=' \\n \"'\nC=\"a\\tb\\n\\\"\\\\\\$\\x\"\nD=\"1\n2\" # c\nE=5\n").variables,
      "A= x |B= \\n \"|C=a\tb\n\"\\$\\x|D=1\n2|E=5|");
}

TEST(BundleEnvFile, NothingIsExpanded) {
  EXPECT_EQ(read("A=${HOME}$X`ls`\n").variables, "A=${HOME}$X`ls`|");
}

TEST(BundleEnvFile, LaterOnesReplaceInPlace) {
  EXPECT_EQ(read("B=2\nA=3\n", {{"A", "1"}, {"Z", "0"}}).variables, "A=3|Z=0|B=2|");
}

TEST(BundleEnvFile, EveryBadLineIsReportedWithItsNumber) {
  EXPECT_EQ(read("A=1\nwhat\n=2\nA B=3\nD=\"1\n2\"\nbad again").errors,
            "x.env:2:1: services.A.env_file[0]: expected NAME=VALUE, found 'what'\n"
            "x.env:3:1: services.A.env_file[0]: expected NAME=VALUE, found '=2'\n"
            "x.env:4:1: services.A.env_file[0]: expected NAME=VALUE, found 'A B=3'\n"
            "x.env:7:1: services.A.env_file[0]: expected NAME=VALUE, found 'bad again'\n");
  EXPECT_EQ(read("A='x\ny\n").errors,
            "x.env:1:1: services.A.env_file[0]: a quote that starts here is never closed\n");
  EXPECT_EQ(read(std::string_view("A=\0", 3)).errors,
            "x.env: services.A.env_file[0]: holds a NUL byte; this is not a text file\n");
}

TEST(BundleEnvFile, AnythingAtAllEnds) {
  for (const char* text :
       {"", "\n", "=", "'", "A='", "A=\"\\", "export", "export ", "#", "A=''x"}) {
    (void)read(text);
  }
}

}  // namespace
}  // namespace hitch
