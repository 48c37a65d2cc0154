// What a machine allows, told before a bundle finds it out.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Doctor : public HitchTest {
 protected:
  /// hitch where no user namespace can be made any more.
  ProcessResult run_without_namespaces(const std::vector<std::string>& arguments) {
    const std::string limit = "echo 0 >/proc/sys/user/max_user_namespaces || exit 77; exec \"$@\"";
    return run(arguments, {.prefix = {"/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh",
                                      "-c", limit, "sh"}});
  }
};

TEST_F(Doctor, SaysWhatIsHere) {
  const auto result = run({"doctor", "--require", "bundle"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, R"(^user-namespace +yes +isolation of who is not root$)"));
  EXPECT_TRUE(has_line(result.out, R"(^seccomp-listener +yes )"));
}

TEST_F(Doctor, NamesCauseAndRemedyOfWhatIsMissing) {
  const auto result = run_without_namespaces({"doctor", "--require", "pid-namespace"});
  if (result.code == 77) GTEST_SKIP() << "the limit cannot be set here";
  EXPECT_TRUE(failed_saying(result, 125, "this machine does not have 'pid-namespace': No space"));
  EXPECT_TRUE(has_line(result.out, R"(^user-namespace +no )"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("user-namespace, pid-namespace, "),
                                HasSubstr("  sysctl -w user.max_user_namespaces=")));
  EXPECT_TRUE(exited(run_without_namespaces({"doctor", "--require", "bundle"}), 0));
}

TEST_F(Doctor, ListenersAreTried) {
  const auto result = run({"--format", "json", "doctor", "--require", "seccomp-listener"},
                          {.prefix = {bundle.expand("@with_listener@")}});
  EXPECT_TRUE(failed_saying(result, 125, "does not have 'seccomp-listener': Device or resource"));
  EXPECT_THAT(result.out, HasSubstr(R"({"feature":"seccomp-listener","works":false,)"));
}

TEST_F(Doctor, UnknownFeatureIsAMistake) {
  EXPECT_TRUE(failed_saying(run({"doctor", "--require", "overly"}), 2, "did you mean 'overlay'"));
}

}  // namespace
}  // namespace hitch::testing
