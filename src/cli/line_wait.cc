#include "cli/line_wait.h"

namespace hitch {

Result<bool> LineWait::take(const LogLine& line) {
  if (!counts(line)) return true;
  if (!line.continued) ++seen_;
  HITCH_TRY(const bool found, matches(line.text));
  if (!found) return true;
  HITCH_CHECK(print(line));
  return false;
}

Result<bool> LineWait::pause(const LogCursor& cursor) {
  if (!options_.prompts) return true;
  Result<bool> found = false;
  cursor.peek_unfinished([&](const LogLine& line) {
    if (!found || *found || !counts(line)) return;
    found = matches(line.text);
    if (!found || !*found) return;
    if (auto status = print(line); !status) found = std::move(status).error();
  });
  if (!found) return found;
  return !*found;
}

bool LineWait::counts(const LogLine& line) const {
  if (line.notice || line.sequence < options_.first_sequence) return false;
  return !options_.since || line.times.wall >= *options_.since;
}

/// The one place that asks. A filter may fail, and need not return at once.
Result<bool> LineWait::matches(std::string_view text) {
  return match_.matches(text);
}

Status LineWait::print(const LogLine& line) {
  (void)style_.add(line, output_.line());  // a piece of a JSON line cannot have matched
  return output_.flush();
}

Result<LineMatch> match_of(const LogsOptions& options) {
  if (options.until_regex) return LineMatch::regex(*options.until_regex);
  if (options.until_json) return LineMatch::json(*options.until_json);
  return LineMatch::text(options.until.value_or(""));
}

std::string what_is_awaited(const LogsOptions& options) {
  if (options.until_regex) return "line that matches " + in_quotes(*options.until_regex);
  if (options.until_json) return "JSON line for which " + in_quotes(*options.until_json) + " holds";
  return "line with " + in_quotes(options.until.value_or(""));
}

}  // namespace hitch
