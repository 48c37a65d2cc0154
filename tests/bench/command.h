#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/fd.h"

namespace hitch::bench {

/// A benchmark could not run: the program it is about failed, or hung. Ends its row.
class BenchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Milliseconds, with fractions.
using Span = double;

/// A point on the monotonic clock, to measure from.
class Stopwatch {
 public:
  Span elapsed() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// A program to run. Descriptors stay the caller's; -1 is /dev/null for 0 and 1, and the file of
/// last words (see start()) for 2.
struct Command {
  std::vector<std::string> argv;
  std::filesystem::path directory = {};  ///< empty: that of the caller
  int in = -1, out = -1, err = -1;
};

/// A process that was started. Killed and reaped on destruction.
class Running {
 public:
  /// Starts a program found in PATH. posix_spawn(3), so that the size of this process is no part of
  /// what is measured.
  static Running start(const Command& command);
  Running(Running&& other) noexcept;
  Running& operator=(Running&&) = delete;
  ~Running();

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  bool has_ended() const;
  /// Waits for its end, at most a minute.
  /// @return its exit code, or 128 + the signal that ended it
  int wait();
  /// The same; any code but this one is an error.
  void expect(int code);

 private:
  Running(pid_t pid, UniqueFd pidfd, std::string name)
      : pid_(pid), pidfd_(std::move(pidfd)), name_(std::move(name)) {}

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::string name_;
};

/// A program whose output is read here.
struct Watched {
  Running process;
  UniqueFd output;

  /// Starts it with one stream, 1 or 2, in a pipe.
  static Watched start(Command command, int stream = 1);
  /// Reads until `text` has come, at most a minute.
  /// @return all that has come
  std::string read_until(std::string_view text) const;
};

/// Runs it to its end, which has to be a good one.
Span time_to_exit(const Command& command);
/// Runs it to its end, a good one too.
/// @return what it printed, which has to fit into a pipe
std::string output_of(const Command& command);

/// How a program that stays is started and stopped.
struct Life {
  std::string ready = "READY";  ///< what it prints when it is
  int stream = 1;               ///< where it prints that
  int signal = SIGTERM;         ///< what ends it
  int code = 0;                 ///< and how it has to end then
};
struct LifeSpans {
  Span start = 0;  ///< until it said that it was ready
  Span stop = 0;   ///< from the signal to its end
};
LifeSpans start_and_stop(const Command& command, const Life& life);

/// Descriptor of a process that becomes readable when it has ended. pidfd_open(2)
UniqueFd watch_process(pid_t pid);
/// Waits until that has happened, at most a minute.
void await_end(const UniqueFd& pidfd);
/// The only child of a process. proc(5), /proc/PID/task/TID/children
pid_t only_child(pid_t pid);
/// Reaps what this process inherited as a subreaper.
void reap_strays();

/// A pipe, or a BenchError.
Pipe make_pipe();
UniqueFd open_file(const std::filesystem::path& path, int flags);
void write_file(const std::filesystem::path& path, std::string_view content);
/// The whole of a small file, such as one of /proc; empty if it cannot be read.
std::string read_file(const std::filesystem::path& path);
/// The first number behind `mark`.
double number_behind(const std::string& text, const std::string& mark);

}  // namespace hitch::bench
