#include "cli/line_printer.h"

#include <utility>

namespace hitch {

Result<bool> LinePrinter::take(const LogLine& line) {
  if (options_.since && line.times.wall < *options_.since) return true;
  if (!options_.last) {
    HITCH_CHECK(put(line));
    return true;
  }
  std::string text;
  if (!style_.add(line, text)) return true;
  kept_.push_back(std::move(text));
  if (kept_.size() > *options_.last) kept_.pop_front();
  return true;
}

Result<bool> LinePrinter::pause(const LogCursor&) {
  HITCH_CHECK(finish());
  return true;
}

Status LinePrinter::finish() {
  HITCH_CHECK(print_kept());
  return output_.flush();
}

Status LinePrinter::put(const LogLine& line) {
  if (!style_.add(line, output_.line())) return Done{};
  return output_.end_line();
}

Status LinePrinter::print_kept() {
  options_.last.reset();  // what comes from now on is new
  for (const auto& text : std::exchange(kept_, {})) {
    output_.line() += text;
    HITCH_CHECK(output_.end_line());
  }
  return Done{};
}

}  // namespace hitch
