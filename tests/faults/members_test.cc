// Members of a bundle that the kernel cannot end at once, and inits that cannot act.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "faults/fault_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Members : public FaultTest {
 protected:
  static pid_t pid_of(const std::string& name) {
    for (const auto& info : living_descendants(::getpid())) {
      if (info.name == name) return info.pid;
    }
    return 0;
  }
  static void signal_all(const std::string& name, int signal) {
    for (const auto& info : living_descendants(::getpid())) {
      if (info.name == name) (void)::kill(info.pid, signal);
    }
  }
};

TEST_F(Members, GoWithAStoppedInitWhenHitchIsKilled) {
  bundle.write("services: {A: {command: ['@many_processes@', '50'], ready: spawned}}\n");
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err();
  signal_all("hitch-init", SIGSTOP);
  hitch->send_signal(SIGKILL);
  expect_alone("init was stopped");
  (void)hitch->wait();
  expect_collected_by_the_next_run();
}

TEST_F(Members, AreKilledThoughInitIsStopped) {
  bundle.write(
      "shutdown_timeout: 500ms\nservices: {A: {command: ['@ignore_term@'], ready: ignoring, "
      "stop_grace_period: 100ms}}\n");
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err();
  signal_all("hitch-init", SIGSTOP);
  hitch->send_signal(SIGTERM);
  EXPECT_TRUE(exited(hitch->wait(), 143));
  expect_alone("init was stopped");
}

TEST_F(Members, OfOneBundleGoThoughAnotherLives) {
  bundle.write("services: {A: {command: ['@many_processes@', '20'], ready: spawned}}\n");
  auto first = start({"run"});
  auto second = start({"run"});
  ASSERT_TRUE(first->wait_for_out("READY") && second->wait_for_out("READY"));
  const auto of_second = living_descendants(second->pid()).size();
  // Nothing of the first may hold on to what tells the second's init that its supervisor lives.
  second->send_signal(SIGKILL);
  (void)second->wait();
  const auto limit = std::chrono::steady_clock::now() + 5s;
  std::size_t marked = 0;
  do {
    marked = marked_processes(bundle.mark()).size();
  } while (marked > of_second + 1 && std::chrono::steady_clock::now() < limit);
  EXPECT_LE(marked, of_second + 1);
  EXPECT_FALSE(first->has_ended());
  first->send_signal(SIGKILL);
  (void)first->wait();
  expect_alone("both were killed");
  expect_collected_by_the_next_run();
}

/// A frozen control group of version 1 keeps its members from ending, too.
TEST_F(Members, OfAFrozenGroupAreNamedAndGoWhenItThaws) {
  const std::string group = "/sys/fs/cgroup/freezer/hitch-test-" + bundle.mark();
  if (::mkdir(group.c_str(), 0755) != 0 || ::access((group + "/freezer.state").c_str(), W_OK)) {
    (void)::rmdir(group.c_str());
    GTEST_SKIP() << "no freezer of version 1 here, or it is not ours";
  }
  bundle.write(
      "shutdown_timeout: 500ms\nservices: {A: {shell: 'echo up; exec sleep 1000', ready: up}}\n");
  auto hitch = start({"run"});
  EXPECT_TRUE(hitch->wait_for_out("READY")) << hitch->err();
  pid_t sleeper = 0;
  for (int tries = 0; sleeper == 0 && tries < 5000; ++tries, ::usleep(1000)) {
    sleeper = pid_of("sleep");
  }
  ASSERT_NE(sleeper, 0);  // 0 would be this process
  std::ofstream(group + "/cgroup.procs") << sleeper << std::endl;
  std::ofstream(group + "/freezer.state") << "FROZEN" << std::endl;
  hitch->send_signal(SIGTERM);
  const auto result = hitch->wait();
  EXPECT_EQ(result.code, 143) << result.describe();
  EXPECT_THAT(result.out + result.err, HasSubstr("still there 5 seconds after they were killed"));
  EXPECT_THAT(result.out + result.err,
              HasSubstr("sleep (pid " + std::to_string(sleeper) + ") in state D"));
  std::ofstream(group + "/freezer.state") << "THAWED" << std::endl;
  expect_alone("the group thawed");
  for (int tries = 0; ::rmdir(group.c_str()) != 0 && tries < 1000; ++tries) ::usleep(1000);
}

TEST_F(Members, ThatWaitForAFileServerAreNamedAndGoWithIt) {
  if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0) {
    GTEST_SKIP() << "for root, with /dev/fuse";
  }
  bundle.write(R"(
shutdown_timeout: 500ms
services:
  A: {shell: "echo up; exec cat /mnt/file", ready: up, stop_grace_period: 100ms}
)");
  RunOptions options;
  options.prefix = {"/usr/bin/unshare", "--mount", "@deaf_fuse@", "/mnt"};
  auto hitch = start({"run"}, options);
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out() << hitch->err();
  while (pid_of("cat") == 0) ::usleep(1000);
  const auto reader = pid_of("cat");
  const auto state = "/proc/" + std::to_string(reader) + "/wchan";
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (read_whole_file(state).find("request_wait") == std::string::npos &&
         read_whole_file(state).find("fuse") == std::string::npos &&
         std::chrono::steady_clock::now() < limit) {
    ::usleep(1000);
  }
  signal_all("hitch", SIGTERM);
  const auto result = hitch->wait();
  EXPECT_EQ(result.code, 143) << result.describe();
  EXPECT_THAT(result.out + result.err,
              HasSubstr("cat (pid " + std::to_string(reader) + ") in state D"));
  signal_all("deaf_server", SIGKILL);
  expect_alone("the server ended");
}

}  // namespace
}  // namespace hitch::testing
