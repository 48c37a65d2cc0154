#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/fd.h"
#include "runtime/clock/clock_channel.h"
#include "runtime/clock/clock_page.h"

namespace hitch::testing {

inline constexpr std::chrono::seconds kPatience{30};
inline constexpr std::int64_t kDay = 86400;

/// Who a program and its responder run as; root can try both.
enum class RunAs { kCaller, kNobody };

/// One program (and all that it starts) under a bundle's filter, and a responder for it. Both are
/// killed on destruction. What goes wrong is added as a failure of the test.
class ClockedProgram {
 public:
  struct Options {
    RunAs run_as = RunAs::kCaller;
    ClockSetting setting{};  ///< in force before the program starts
    std::vector<std::string> environment{"PATH=/usr/bin:/bin:/usr/local/bin", "TZ=UTC", "LC_ALL=C"};
    bool in_namespaces = false;  ///< as in a bundle: a user and a pid namespace of its own
  };
  explicit ClockedProgram(std::vector<std::string> arguments);
  ClockedProgram(std::vector<std::string> arguments, Options options);
  ClockedProgram(const ClockedProgram&) = delete;
  ~ClockedProgram();

  pid_t pid() const noexcept { return program_; }
  /// The next line of output, without its end; nothing at the end of output or after kPatience.
  std::optional<std::string> read_line();
  /// The next line as a number.
  std::int64_t read_number();
  /// All output that is left.
  std::string read_rest();
  void write_input(std::string_view text);
  void close_input() noexcept { input_.reset(); }
  /// Puts a setting in force and waits until it is.
  void set(const ClockSetting& setting);
  /// Waits for the program's end.
  /// @return its exit code; 128 + the signal that killed it
  int wait();
  void kill_responder();
  /// Stops the responder, or lets it go on.
  void signal_responder(int signal);
  /// How many descriptors the responder has open.
  std::size_t responder_descriptors() const;
  /// What the responder has said of programs up to now.
  const std::vector<ClockNews>& news();

 private:
  void start_program(const std::vector<std::string>& arguments);
  [[noreturn]] void become_program(const std::vector<std::string>& arguments, int report, int input,
                                   int output) const;
  void start_responder(UniqueFd listener);
  bool take_news(Deadline deadline);

  Options options_;
  std::optional<ClockPage> page_;
  SocketPair channel_;
  UniqueFd input_, output_;
  std::string buffer_;
  pid_t program_ = -1, responder_ = -1;
  std::uint32_t commands_ = 0, answered_ = 0;
  std::vector<ClockNews> news_;
};

/// Settings for tests.
ClockSetting shifted_by(std::int64_t seconds);
ClockSetting frozen_at(std::int64_t second);
/// Runs `rate` times as fast from now on, starting at real time plus `seconds`.
ClockSetting running_at(double rate, std::int64_t seconds = 0);

/// Whether two times, in seconds, are less apart than a loaded machine may make them and far less
/// than any travel of a test.
::testing::AssertionResult is_near(std::int64_t seen, std::int64_t expected);

/// Whether a program is installed; for tests to skip.
bool is_installed(const std::string& path);

}  // namespace hitch::testing
