#pragma once

#include <optional>
#include <string>

#include "cli/line_style.h"
#include "cli/log_output.h"
#include "cli/log_tail.h"
#include "cli/logs_options.h"
#include "runtime/logs/line_match.h"

namespace hitch {

/// Looks for the line that somebody waits for, and prints it.
class LineWait : public LineSink {
 public:
  struct Options {
    std::optional<LogTimes::Nanoseconds> since{};  ///< older lines do not count
    std::uint64_t first_sequence = 0;              ///< neither do those with a lower number
    /// Whether a line that is not finished yet counts: what holds a text goes on holding it, but a
    /// pattern or JSON may become another one.
    bool prompts = false;
  };
  LineWait(LineMatch match, LineStyle& style, LogOutput& output, Options options)
      : match_(std::move(match)), style_(style), output_(output), options_(options) {}

  Result<bool> take(const LogLine& line) override;
  Result<bool> pause(const LogCursor& cursor) override;

  /// How many lines it has looked at.
  std::uint64_t seen() const noexcept { return seen_; }

 private:
  bool counts(const LogLine& line) const;
  Result<bool> matches(std::string_view text);
  Status print(const LogLine& line);

  LineMatch match_;
  LineStyle& style_;
  LogOutput& output_;
  Options options_;
  std::uint64_t seen_ = 0;
};

/// What the options say to wait for.
/// @return an Error of kind kUsage for a wrong pattern or filter
Result<LineMatch> match_of(const LogsOptions& options);

/// "line with 'READY'", for messages.
std::string what_is_awaited(const LogsOptions& options);

}  // namespace hitch
