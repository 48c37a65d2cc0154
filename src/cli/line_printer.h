#pragma once

#include <deque>
#include <optional>
#include <string>

#include "cli/line_style.h"
#include "cli/log_output.h"
#include "cli/log_tail.h"

namespace hitch {

/// Prints the lines of a log.
class LinePrinter : public LineSink {
 public:
  struct Options {
    std::optional<LogTimes::Nanoseconds> since{};  ///< older lines are left out
    /// Of what is there at the beginning, only so many of the lines that are printed at all.
    std::optional<std::uint64_t> last{};
  };
  LinePrinter(LineStyle& style, LogOutput& output, Options options)
      : style_(style), output_(output), options_(options) {}

  Result<bool> take(const LogLine& line) override;
  Result<bool> pause(const LogCursor& cursor) override;
  /// Writes what is left.
  Status finish();

 private:
  Status put(const LogLine& line);
  Status print_kept();

  LineStyle& style_;
  LogOutput& output_;
  Options options_;
  std::deque<std::string> kept_;
};

}  // namespace hitch
