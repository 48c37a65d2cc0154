#include "faults/fault_test.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace hitch::testing {

std::vector<std::string> FaultTest::command() {
  return {"run", "--", "/bin/sh", "-c", "echo hi; exit 3"};
}

ProcessResult FaultTest::inject(const std::vector<std::string>& rules, RunOptions options,
                                bool record) {
  std::vector<std::string> prefix{fixture_directory() / "inject", "--report",
                                  bundle.root() / "report"};
  if (record) prefix.emplace_back("--record");
  prefix.insert(prefix.end(), rules.begin(), rules.end());
  prefix.emplace_back("--");
  options.prefix.insert(options.prefix.end(), prefix.begin(), prefix.end());
  return run(command(), options);
}

std::string FaultTest::injected() const {
  return read_whole_file(bundle.root() / "report");
}

std::vector<RecordedCall> FaultTest::record() {
  EXPECT_TRUE(exited(inject({}, {}, true), kCode));
  std::vector<RecordedCall> calls;
  std::istringstream lines(injected());
  std::string word;
  for (RecordedCall call; lines >> word >> call.role >> call.name;) calls.push_back(call);
  return calls;
}

void FaultTest::expect_alone(const std::string& after) {
  const auto gone = wait_until_alone(5s);
  EXPECT_TRUE(gone.has_value()) << after << ": still there:\n"
                                << to_text(living_descendants(::getpid()));
  reap_orphans();
}

void FaultTest::expect_collected_by_the_next_run() {
  EXPECT_TRUE(exited(run(command()), kCode));
  const auto runs = bundle.runtime() / "hitch";
  if (!std::filesystem::exists(runs)) return;
  for (const auto& left : std::filesystem::directory_iterator(runs)) {
    ADD_FAILURE() << "a later run has not collected " << left.path();
  }
}

bool FaultTest::may_fail(const std::string& call) {
  constexpr std::array kCalls{
      "clone",          "clone3",     "unshare",       "openat",       "mkdir",
      "mkdirat",        "chmod",      "fchmod",        "chdir",        "socketpair",
      "socket",         "bind",       "listen",        "pipe2",        "dup",
      "dup2",           "dup3",       "epoll_create1", "epoll_ctl",    "eventfd2",
      "timerfd_create", "signalfd4",  "ftruncate",     "memfd_create", "sendmsg",
      "flock",          "rename",     "renameat",      "symlink",      "mount",
      "open_tree",      "move_mount", "fsopen",        "fsconfig",     "fsmount",
      "capset",         "seccomp",    "mount_setattr", "sethostname",  "prctl",
      "setsid",         "prlimit64",  "pwritev",       "close_range",  "statx",
      "getdents64",     "unlink",     "pidfd_open",    "faccessat2",   "sendfile",
      "execveat",       "linkat",     "pwrite64"};
  return std::find(kCalls.begin(), kCalls.end(), call) != kCalls.end();
}

::testing::AssertionResult tolerated_or_explained(const ProcessResult& result, int err) {
  if (result.code == 3 && result.out.find("hi") != result.out.npos) {
    return ::testing::AssertionSuccess();
  }
  constexpr std::array kDocumented{2, 124, 125, 126, 127};
  const bool documented =
      std::find(kDocumented.begin(), kDocumented.end(), result.code) != kDocumented.end();
  // Not always in the last line: a run that goes on with less isolation says so before.
  if (documented && result.err.find(std::strerror(err)) != result.err.npos) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "neither tolerated nor explained ("
                                       << strerrorname_np(err) << "): " << result.describe();
}

std::size_t first_of_every(std::size_t stride) {
  const char* seed = std::getenv("HITCH_FAULT_SEED");
  return (seed != nullptr ? std::strtoul(seed, nullptr, 10) : 0) % stride;
}

}  // namespace hitch::testing
