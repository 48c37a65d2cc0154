#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/logs/store.h"
#include "runtime/ready/condition.h"

namespace hitch::testing {

/// A directory that is removed with all that is in it.
class TempDirectory {
 public:
  TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A child of the test that runs a function; killed and reaped at the end.
class TestChild {
 public:
  /// @param body  runs in the copy, without the test's descriptors, and never returns; what it
  ///              writes to its argument is what word() returns
  /// @param namespaces  clone(2)'s flags for new ones; without a right to them word() is -1
  explicit TestChild(const std::function<void(int report)>& body, unsigned long namespaces = 0);
  TestChild(const TestChild&) = delete;
  TestChild& operator=(const TestChild&) = delete;
  ~TestChild();
  pid_t pid() const { return pid_; }
  int word() const { return word_; }

 private:
  pid_t pid_ = -1;
  int word_ = 0;
};

/// In a child: a socket that listens on a free port.
struct Listening {
  UniqueFd socket;
  std::uint16_t port = 0;
};
Listening listen_somewhere(int family);
/// In a child: says `word`, then waits to be killed.
[[noreturn]] void say_and_stay(int report, int word);

/// The service "db", whose bundle's init is the test itself.
class FakeTarget : public ReadyTarget {
 public:
  FakeTarget();

  const std::string& service() const override { return name; }
  std::shared_ptr<LogFile> log() const override { return store.file(); }
  LogPosition log_start() const override { return start; }
  Subscription on_log(std::function<void()> listener) override {
    return store.subscribe(std::move(listener));
  }
  pid_t init_pid() const override { return ++looks, init; }
  pid_t main_pid() const override { return main; }
  pid_t viewer_pid() const override { return ++looks, init; }
  Task<UniqueFd> make_socket(int family, int type, int protocol) override;
  Task<ExitStatus> run_command(Command command) override;
  int notify_socket() const override { return notify.get(); }

  std::string name = "db";
  TempDirectory directory;
  LogStore store;
  StreamId out, err;
  LogPosition start;
  pid_t init, main;
  UniqueFd notify;
  bool refuse_diag = false;             ///< no netlink sockets, as in some sandboxes
  mutable int looks = 0;                ///< how often something was looked for
  int runs = 0;                         ///< commands that were started
  int under_way = 0, most_at_once = 0;  ///< commands that run
  std::optional<Error> run_error;       ///< instead of running a command
};

/// A loop with one wait on it.
class ReadyTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Starts to wait; at most once in a test.
  void start(ReadyCondition condition);
  /// Runs the loop until something holds; false if it does not in good time.
  bool run_until(const std::function<bool()>& holds);
  /// Runs the loop until the wait has ended well.
  void expect_ready();
  /// Runs the loop until something has been done, which leaves the wait waiting.
  void expect_waiting_after(const std::function<bool()>& holds);
  /// Runs the loop until it has gone round so often with nothing to do but wait.
  void settle();
  void stop();
  /// Stops another group.
  void stop(TaskGroup& other);

  void print(StreamId stream, std::string_view line);
  void print(std::string_view line) { print(target.out, line); }

  asio::io_context io{1};
  FakeTarget target;
  TaskGroup group{io.get_executor()};
  ReadySpec spec;
  std::optional<Status> outcome;

 private:
  std::size_t descriptors_ = 0;
};

/// How many descriptors this process has.
std::size_t count_descriptors();

}  // namespace hitch::testing
