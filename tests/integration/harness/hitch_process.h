#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hitch::testing {

using namespace std::chrono_literals;

/// Long enough for a loaded machine: what is waited for takes milliseconds.
inline constexpr std::chrono::seconds kPatience{60};

enum class Stdio { kPipes, kTerminal };

/// How a program is started.
struct ProcessOptions {
  std::vector<std::string> arguments{};              ///< the program first, as a path
  std::map<std::string, std::string> environment{};  ///< all of it
  std::filesystem::path directory = "/";
  std::string input{};           ///< all that stdin has to offer
  bool keep_input_open = false;  ///< no end of file after `input`
  Stdio stdio = Stdio::kPipes;   ///< a terminal: everything arrives in `out`
  int extra_descriptors = 0;     ///< inherited ones, every other a directory
};

/// How a program ended and what it printed.
struct ProcessResult {
  int code = -1;   ///< exit code; -1: it did not exit
  int signal = 0;  ///< that killed it
  std::string out, err;
  bool held_open = false;  ///< somebody still held its output long after it had ended
  std::chrono::milliseconds duration{0};

  /// The last line of stderr that is not empty.
  std::string last_line() const;
  std::string describe() const;
};

/// A program that runs in a process group (or, with a terminal, a session) of its own. A thread
/// moves its input and output. Killed and reaped on destruction.
class HitchProcess {
 public:
  explicit HitchProcess(ProcessOptions options);
  HitchProcess(const HitchProcess&) = delete;
  ~HitchProcess();

  pid_t pid() const noexcept { return pid_; }
  void send_signal(int number) const;
  /// Adds to what stdin has to offer. Needs keep_input_open.
  void write_input(std::string_view text);
  void close_input();
  /// Waits until stdout holds `text`. @return false when the time is over or the program has ended
  bool wait_for_out(std::string_view text, std::chrono::milliseconds deadline = kPatience);
  bool wait_for_err(std::string_view text, std::chrono::milliseconds deadline = kPatience);
  /// What has been printed up to now.
  std::string out() const;
  std::string err() const;
  bool has_ended() const;
  /// Waits for the end; kills it (and adds a test failure) when it takes longer than `deadline`.
  ProcessResult wait(std::chrono::milliseconds deadline = kPatience);

 private:
  struct Ends {
    int input = -1, out = -1, err = -1;
  };
  void start(const Ends& child);
  void move_data();
  bool move_once(bool ended);
  void read_from(int& fd, std::string& text);
  void write_to();
  void record_end();
  bool wait_for(const std::string& where, std::string_view text,
                std::chrono::milliseconds deadline);

  ProcessOptions options_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  Ends ours_;
  int wake_ = -1;  ///< eventfd: there is input to write, or none is to come
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string input_;
  bool input_ends_ = true, ended_ = false, done_ = false, killed_ = false;
  ProcessResult result_;
  std::chrono::steady_clock::time_point started_;
  std::thread mover_;
};

}  // namespace hitch::testing
