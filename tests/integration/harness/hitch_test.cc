#include "integration/harness/hitch_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <regex>
#include <sstream>

namespace hitch::testing {
namespace {

/// The kernel frees a network namespace some time after its last process.
constexpr auto kLeakPatience = 5s;

/// Maps the uid as hitch has to; a machine may grant the namespace and nothing in it.
int map_uid(uid_t outside) {
  const auto map = "1000 " + std::to_string(outside) + " 1\n";
  const int fd = ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, map.data(), map.size()) > 0 ? 0 : errno;
}

/// A child in namespaces of its own. Not fork and unshare: the thread sanitizer starts a thread
/// after a fork, and then no user namespace can be entered. unshare(2)
pid_t clone_into_namespaces() {
  constexpr unsigned long kFlags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone, kFlags, nullptr, nullptr, nullptr, nullptr));
}

bool stays_alone(std::chrono::milliseconds deadline) {
  const bool alone = wait_until_alone(deadline).has_value();
  reap_orphans();
  return alone;
}

}  // namespace

std::optional<std::string> why_no_namespaces() {
  const uid_t outside = ::geteuid();
  const pid_t child = clone_into_namespaces();
  if (child == 0) ::_exit(map_uid(outside));
  if (child < 0) return std::string("clone: ") + std::strerror(errno);
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return "the child is gone";
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return std::string("uid_map: ") + std::strerror(WEXITSTATUS(status));
}

HitchTest::HitchTest() = default;

void HitchTest::SetUp() {
  adopt_orphans();
  before_ = LeakSnapshot::take(bundle);
  ASSERT_EQ(::access(hitch_binary().c_str(), X_OK), 0) << hitch_binary() << " cannot be run";
  // For somebody who wants to know what is different at another level of isolation.
  if (std::getenv("HITCH_TEST_ANY_LEVEL") != nullptr) return;
  const auto why = why_no_namespaces();
  if (!why) return;
  ASSERT_EQ(std::getenv("HITCH_REQUIRE_NAMESPACES"), nullptr) << *why;  // CI never skips
  GTEST_SKIP() << "no user namespaces here: " << *why;
}

void HitchTest::TearDown() {
  if (!stays_alone(kLeakPatience)) {
    const auto left = living_descendants(::getpid());
    ADD_FAILURE() << "processes left behind:\n" << to_text(left);
    for (const auto& info : left) (void)::kill(info.pid, SIGKILL);
    (void)stays_alone(kLeakPatience);
  }
  const auto marked = marked_processes(bundle.mark());
  EXPECT_TRUE(marked.empty()) << "processes that escaped:\n" << to_text(marked);
  using Clock = std::chrono::steady_clock;
  std::string leaks;
  for (const auto end = Clock::now() + kLeakPatience; Clock::now() < end;) {
    leaks = leaks_between(before_, LeakSnapshot::take(bundle));
    if (leaks.empty()) return;
    ::poll(nullptr, 0, 20);
  }
  ADD_FAILURE() << leaks;
}

std::unique_ptr<HitchProcess> HitchTest::start(std::vector<std::string> arguments,
                                               const RunOptions& options) {
  ProcessOptions process;
  for (const auto& word : options.prefix) process.arguments.push_back(bundle.expand(word));
  process.arguments.push_back(hitch_binary());
  for (const auto& word : arguments) process.arguments.push_back(bundle.expand(word));
  process.environment = bundle.environment();
  for (const auto& [name, value] : options.environment) {
    process.environment[name] = bundle.expand(value);
  }
  for (const auto& name : options.without) process.environment.erase(name);
  process.directory = options.directory.value_or(bundle.directory());
  process.input = options.input;
  process.keep_input_open = options.keep_input_open;
  process.stdio = options.stdio;
  process.extra_descriptors = options.extra_descriptors;
  return std::make_unique<HitchProcess>(std::move(process));
}

ProcessResult HitchTest::run(std::vector<std::string> arguments, const RunOptions& options) {
  auto result = start(std::move(arguments), options)->wait(options.deadline);
  EXPECT_FALSE(result.held_open) << result.describe();
  return result;
}

ProcessResult HitchTest::run_script(const std::string& script, const RunOptions& options) {
  return run({"run", "--", "/bin/sh", "-c", script}, options);
}

::testing::AssertionResult exited(const ProcessResult& result, int code) {
  if (result.code == code && result.signal == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "expected exit code " << code << ", got " << result.describe();
}

std::string host_port() {
  return std::to_string(20000 + ::getpid() % 12000);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int count_lines(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  int count = 0;
  for (const auto& line : lines_of(text)) count += std::regex_search(line, expression) ? 1 : 0;
  return count;
}

::testing::AssertionResult has_line(const std::string& text, const std::string& pattern) {
  if (count_lines(text, pattern) > 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no line matches /" << pattern << "/ in\n" << text;
}

::testing::AssertionResult failed_saying(const ProcessResult& result, int code,
                                         const std::string& pattern) {
  if (result.code != code) return exited(result, code);
  if (std::regex_search(result.last_line(), std::regex(pattern))) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << "the last line does not match /" << pattern << "/: " << result.describe();
}

}  // namespace hitch::testing
