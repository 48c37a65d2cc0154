// The machine says no: a full disk, no namespaces, no room in a directory.
#include <signal.h>
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

TEST_F(Machine, WhatHitchDidNotMakeIsNeverRemoved) {
  // A checkout of hitch itself, where its runtime directories go; and things called like a run.
  const auto place = bundle.runtime() / "hitch";
  for (const char* name : {"src", "src/deep", "mine-0123abcd"}) {
    std::filesystem::create_directories(place / name);
  }
  bundle.write_file(place / "README.md", "text");
  bundle.write_file(place / "mine-0123abcd" / "file", "text");
  bundle.write_file(place / "file-0123abcd", "text");
  const auto cache = bundle.cache() / "hitch";
  std::filesystem::create_directories(cache / "copies" / "mine");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  for (const char* name : {"README.md", "src/deep", "mine-0123abcd/file", "file-0123abcd"}) {
    EXPECT_TRUE(std::filesystem::exists(place / name)) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(cache / "copies" / "mine"));
  std::filesystem::remove_all(place);
  std::filesystem::remove_all(cache / "copies");
}

TEST_F(Machine, RuntimeDirectoryThatIsNotOursIsPassedOver) {
  for (const char* place : {"/nonexistent/run", "/usr", "/tmp"}) {
    const RunOptions options{.environment = {{"XDG_RUNTIME_DIR", place}}};
    if (::geteuid() == 0 && place == std::string("/usr")) continue;  // root's own
    EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 0)) << place;
    EXPECT_FALSE(std::filesystem::exists(std::string(place) + "/hitch")) << place;
  }
}

TEST_F(Machine, UmaskDoesNotMatter) {
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", R"(umask 0777; exec "$0" "$@")"};
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 0));
}

TEST_F(Machine, SoftLimitOfDescriptorsIsRaisedForHitchAlone) {
  bundle.write("services:\n  App: {command: [sleep, '1000'], replicas: 30}\n");
  RunOptions options;
  options.prefix = {"/usr/bin/prlimit", "--nofile=64:4096"};
  const auto result = run_script("ulimit -Sn; ulimit -Hn", options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "64\n4096\n");
}

TEST_F(Machine, LogOfARunningBundleStaysWhicheverRuntimeDirectoryOthersHave) {
  const auto running = start({"run"});
  EXPECT_TRUE(running->wait_for_out("READY"));
  const auto other = bundle.runtime() / "other";
  std::filesystem::create_directory(other);
  const RunOptions options{.environment = {{"XDG_RUNTIME_DIR", other}}};
  for (int i = 0; i < 35; ++i) ASSERT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 0));
  int live = 0;
  for (const auto& record :
       std::filesystem::directory_iterator(bundle.state() / "hitch" / "runs")) {
    const auto ours = bundle.runtime() / "hitch" / record.path().filename();
    if (std::filesystem::exists(ours)) ++live;
  }
  EXPECT_EQ(live, 1);
  std::filesystem::remove_all(other);
  running->send_signal(SIGTERM);
  EXPECT_TRUE(exited(running->wait(), 128 + SIGTERM));
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
  const auto result = run({"run", "--require-isolation", "full", "--", "/bin/true"}, options);
  EXPECT_TRUE(failed_saying(result, 125, "create namespaces: No space left .*max_user_namespaces"));
}

TEST_F(Machine, FewDescriptorsAreReportedNotCrashedOn) {
  if (hitch_has_symbol("__ubsan_handle")) {
    GTEST_SKIP() << "UBSan looks at objects through a pipe of its own, and finds none without";
  }
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", R"(ulimit -n 16; exec "$0" "$@")"};
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_EQ(result.signal, 0) << result.describe();
  if (result.code == 0) return;
  EXPECT_TRUE(failed_saying(result, 125, "Too many open files"));
}

}  // namespace
}  // namespace hitch::testing
