// The machine says no: a full disk, no namespaces, no room in a directory.
#include <sys/stat.h>
#include <unistd.h>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Machine : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write("services:\n  App: {command: ['@echo_lines@', --stay], ready: line 1}\n");
  }
  /// Runs hitch in a mount namespace where `setup` has been done.
  ProcessResult run_after(const std::string& setup, std::vector<std::string> arguments) {
    RunOptions options;
    options.prefix = {"/usr/bin/unshare", "-m", "/bin/sh", "-c", setup + R"( && exec "$0" "$@")"};
    return run(std::move(arguments), options);
  }
};

TEST_F(Machine, FullStateDirectoryFailsTheStart) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a mount of its own";
  const auto result = run_after("mount -t tmpfs -o size=4k,nr_inodes=2 none $XDG_STATE_HOME",
                                {"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "No space left on device"));
}

TEST_F(Machine, StateDirectoryThatFillsUpLosesNothingSilently) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a mount of its own";
  bundle.write(R"(
services:
  App: {command: ["@echo_lines@", --count, "50000", --length, "200", --stay], ready: line 1}
)");
  const auto result =
      run_after("mount -t tmpfs -o size=1m none $XDG_STATE_HOME", {"run", "--", "/bin/sleep", "1"});
  EXPECT_TRUE(failed_saying(result, 125, "No space left on device"));
}

TEST_F(Machine, StateDirectoryThatCannotBeWrittenIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root can write everywhere";
  std::filesystem::permissions(bundle.state(), std::filesystem::perms::owner_read);
  const auto result = run({"run", "--", "/bin/true"});
  std::filesystem::permissions(bundle.state(), std::filesystem::perms::owner_all);
  EXPECT_TRUE(failed_saying(result, 125, "Permission denied"));
  EXPECT_THAT(result.err, HasSubstr(bundle.state().string()));
}

TEST_F(Machine, FewFileDescriptorsAreEnough) {
  RunOptions options;
  options.prefix = {"/usr/bin/prlimit", "--nofile=40"};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 0));
}

TEST_F(Machine, TooFewFileDescriptorsAreAClearError) {
  if (hitch_has_symbol("__ubsan_handle")) {
    GTEST_SKIP() << "UBSan looks at objects through a pipe of its own, and finds none without";
  }
  for (const char* limit : {"--nofile=10", "--nofile=14", "--nofile=18", "--nofile=20"}) {
    RunOptions options;
    options.prefix = {"/usr/bin/prlimit", limit};
    const auto result = run({"run", "--", "/bin/true"}, options);
    if (result.code == 0) continue;
    EXPECT_TRUE(failed_saying(result, 125, "Too many open files")) << limit;
  }
}

TEST_F(Machine, NoMoreProcessesIsAClearError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may have as many as there are";
  RunOptions options;
  options.prefix = {"/usr/bin/prlimit", "--nproc=1"};
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which needs a process of its own
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_TRUE(failed_saying(result, 125, "Resource temporarily unavailable"));
}

TEST_F(Machine, WithoutARuntimeDirectoryThereIsAPrivateOneInTmp) {
  RunOptions options;
  options.without = {"XDG_RUNTIME_DIR"};
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_TRUE(exited(result, 0));
  const auto path = "/tmp/hitch-" + std::to_string(::geteuid());
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    EXPECT_EQ(info.st_mode & 0777, 0700U);
    EXPECT_EQ(info.st_uid, ::geteuid());
  }
}

TEST_F(Machine, RuntimeDirectoryOfSomebodyElseIsRefused) {
  // A symbolic link is how another user would lead us astray.
  std::filesystem::create_directory(bundle.root() / "elsewhere");
  std::filesystem::create_symlink(bundle.root() / "elsewhere", bundle.runtime() / "hitch");
  const auto result = run({"run", "--", "/bin/true"});
  std::filesystem::remove(bundle.runtime() / "hitch");
  EXPECT_TRUE(result.code == 0 || result.code == 125) << result.describe();
  EXPECT_TRUE(std::filesystem::is_empty(bundle.root() / "elsewhere"));
}

TEST_F(Machine, LongRuntimeDirectoryWorks) {
  // A socket's path may have 107 bytes and no more.
  const auto longer = bundle.runtime() / std::string(90, 'd');
  std::filesystem::create_directory(longer);
  std::filesystem::permissions(longer, std::filesystem::perms::owner_all);
  const RunOptions options{.environment = {{"XDG_RUNTIME_DIR", longer}}};
  const auto result = run({"run", "--", "/bin/true"}, options);
  std::filesystem::remove_all(longer);
  EXPECT_TRUE(exited(result, 0));
}

TEST_F(Machine, RefusedNamespacesAreNamedWithTheSetting) {
  // In a user namespace where no further one may be made.
  RunOptions options;
  options.prefix = {"/usr/bin/unshare", "-Ur", "/bin/sh", "-c",
                    R"(echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@")"};
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_TRUE(exited(result, 125));
  EXPECT_THAT(result.err, HasSubstr("max_user_namespaces"));
}

TEST_F(Machine, FewDescriptorsAreReportedNotCrashedOn) {
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", R"(ulimit -n 16; exec "$0" "$@")"};
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_EQ(result.signal, 0) << result.describe();
  if (result.code == 0) return;
  EXPECT_TRUE(failed_saying(result, 125, "Too many open files"));
}

}  // namespace
}  // namespace hitch::testing
