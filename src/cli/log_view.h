#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/color_mode.h"
#include "cli/safe_text.h"
#include "runtime/logs/query.h"
#include "runtime/logs/record.h"

namespace hitch {

/// What stands in front of the titles.
enum class TimeColumn {
  kNone,
  kUtc,  ///< the machine's time when the line began: see append_utc
};

/// Renders lines of one log for people: "[       Django] text". Titles are right-aligned and, for
/// the services that are given, all of the same width:
///
///   stream      stdout            stderr (yellow)
///   run         [       Django]   [   Err Django]
///   setup       [ Setup Django]   [Setup! Django]
///   poststart   [  Post Django]   [ Post! Django]
///   teardown    [  Down Django]   [ Down! Django]
///   hitch       [        Hitch]   [        Hitch]
///
/// A hook's standard error carries a "!" because "Setup Err Django" would be wider than any title
/// that appears in most runs, and all lines would have to make room for it.
///
/// A line that comes in pieces is put together again on screen, as long as no other line comes in
/// between. Then it is broken off with kBrokenOff and taken up again with kTakenUp.
class LogView {
 public:
  static constexpr std::string_view kBrokenOff = " [the line goes on below]";
  static constexpr std::string_view kTakenUp = "[the line goes on] ";

  LogView(const std::vector<std::string>& services, Destination destination, ColorMode colors,
          TimeColumn times = TimeColumn::kNone);

  /// Appends a line, or a piece of one, to `out`.
  void add(const LogLine& line, std::string& out);
  /// Appends a line that was copied out of the log.
  void add(const StoredLine& line, std::string& out);
  /// Appends a message of hitch's own, which may have several lines.
  void add_message(std::string_view message, std::string& out);

  /// "[       Django] ", with the space.
  std::string prefix(const StreamKey& key) const;

 private:
  static void add_json(const StreamKey& key, std::string_view text, bool goes_on, std::string& out);
  const std::string& prefix_of(const LogLine& line);
  void begin(std::string_view prefix, OutputStream output, std::string& out);
  void time(const LogTimes& times, std::string& out);
  void text(std::string_view bytes, std::string& out);
  void end(std::string& out, std::string_view remark = {});
  void break_off(std::string& out);

  std::size_t width_;  ///< of a title, in bytes: names of services are ASCII
  Destination destination_;
  ColorMode colors_;
  TimeColumn times_;
  SafeText safe_;
  bool needs_reset_ = false;
  std::optional<StreamId> open_;       ///< of the line that is on screen without its end
  std::vector<std::string> prefixes_;  ///< by stream; empty: not built yet
};

}  // namespace hitch
