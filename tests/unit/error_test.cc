#include "runtime/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace hitch {
namespace {

TEST(ErrorTest, ReadsAsOneSentenceFromTheOutermostLayerInwards) {
  const auto error = Error::from_errno(EPERM, "mount", "/proc")
                         .within("set up namespaces")
                         .within("start service 'db'");
  EXPECT_EQ(error.message(),
            "start service 'db': set up namespaces: mount '/proc': Operation not permitted");
  EXPECT_EQ(error.err(), EPERM);
  EXPECT_EQ(error.kind(), Kind::kEnvironment);
}

TEST(ErrorTest, NamesCannotForgeALine) {
  EXPECT_EQ(in_quotes("a\nb\x1b[31m'\\"), "'a\\nb\\x1b[31m\\'\\\\'");
  EXPECT_EQ(in_quotes(std::string(300, 'x')), "'" + std::string(200, 'x') + "...'");
}

TEST(ErrorTest, TheInnermostHintStays) {
  const auto error = Error::because("no").with_hint("inner").with_hint("outer");
  EXPECT_EQ(error.hint(), "inner");
}

}  // namespace
}  // namespace hitch
