// Bundles in GoogleTest: what is said of tests that fail.

#include <gtest/gtest-spi.h>
#include <hitch/gtest.h>

#include "harness.h"

namespace client_tests {

namespace {

class GoogleTestTest : public ClientTest {
 protected:
  Finished run_failing_suite() const {
    return run_program({"sh", "-c", "cd \"$1\" && exec \"$2\"", "sh", project().string(),
                        fixture("failing_suite").string()});
  }
};

TEST_F(GoogleTestTest, FailureHasWhatTheServicesPrinted) {
  const auto said = run_failing_suite();
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(
      said.output.find("what the services printed during this test:\n[Test] said in the second"),
      std::string::npos)
      << said.output;
  EXPECT_EQ(said.output.find("said in the first test"), std::string::npos) << said.output;
}

TEST_F(GoogleTestTest, BundleThatDoesNotStartFailsEachTestWithItsLastLines) {
  const auto said = run_failing_suite();
  EXPECT_NE(said.output.find("the bundle did not start: "), std::string::npos) << said.output;
  EXPECT_NE(said.output.find("my last words"), std::string::npos) << said.output;
  EXPECT_EQ(said.output.find("this must not run"), std::string::npos) << said.output;
  EXPECT_NE(said.output.find("the bundle did not start: make_bundle() has returned none"),
            std::string::npos)
      << said.output;
}

TEST_F(GoogleTestTest, EnvironmentWithoutABundleTellsWhy) {
  using hitch::client::BundleEnvironment;
  static BundleEnvironment nothing([] { return nullptr; });
  EXPECT_THROW((void)nothing.bundle(), hitch::client::Error);
  EXPECT_FATAL_FAILURE(nothing.SetUp(), "has returned none");
  nothing.TearDown();
  static BundleEnvironment lost("/no/such/hitch.yaml");
  EXPECT_FATAL_FAILURE(lost.SetUp(), "/no/such");
  try {
    (void)lost.bundle();
    FAIL() << "it did not throw";
  } catch (const hitch::client::Error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such"), std::string::npos) << error.what();
  }
}

}  // namespace

}  // namespace client_tests
