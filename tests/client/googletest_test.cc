// Bundles in GoogleTest: what is said of tests that fail.

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
}

}  // namespace

}  // namespace client_tests
