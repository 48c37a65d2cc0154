#include "runtime/client/hitch/logs.h"

#include <iostream>

#include "runtime/client/bundle_state.h"
#include "runtime/client/failure.h"
#include "runtime/client/json_bridge.h"
#include "runtime/client/log_wait.h"
#include "runtime/logs/query.h"

namespace hitch::client {

namespace {

constexpr std::size_t kShownLines = 10;
constexpr std::size_t kShownBytes = std::size_t{64} << 10;  // of a line in a message

/// As `hitch logs` has them, by phase: of standard output and of standard error.
std::string_view title_of(Phase phase, Stream stream) {
  const bool is_err = stream == Stream::kErr;
  switch (phase) {
    case Phase::kSetup:
      return is_err ? "Setup! " : "Setup ";
    case Phase::kRun:
      return is_err ? "Err " : "";
    case Phase::kPoststart:
      return is_err ? "Post! " : "Post ";
    case Phase::kTeardown:
      return is_err ? "Down! " : "Down ";
    case Phase::kHitch:
      break;
  }
  return "";
}

std::string plain_text(const std::vector<Line>& lines) {
  std::string text;
  for (const auto& line : lines) text.append(line.text).append("\n");
  return text;
}

void shorten(std::string& text) {
  if (text.size() <= kShownBytes) return;
  auto end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // UTF-8
  text.resize(end);
  text += " [the line is longer]";
}

std::string text_of(const std::vector<Line>& lines, bool with_labels) {
  return with_labels ? text_with_labels(lines) : plain_text(lines);
}

}  // namespace

std::string Line::label() const {
  return std::string(title_of(phase, stream)) + service;
}

std::ostream& operator<<(std::ostream& out, const Line& line) {
  return out << line.text;
}

std::string text_with_labels(const std::vector<Line>& lines) {
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.label().size());
  std::string text;
  for (const auto& line : lines) {
    const auto label = line.label();
    text.append("[").append(width - label.size(), ' ').append(label).append("] ");
    text.append(line.text).append("\n");
  }
  return text;
}

std::string LogView::describe() const {
  std::string text = service_.empty() ? "the bundle" : "'" + service_ + "'";
  if (phase_ && *phase_ != Phase::kRun)
    text += " " + std::string(kPhaseNames[static_cast<std::size_t>(*phase_)]);
  if (stream_) text += *stream_ == Stream::kErr ? " stderr" : " stdout";
  return text;
}

// All that there is.

std::vector<Line> Logs::lines() const {
  LogReader reader(bundle_->session().log, filter_of(service_, stream_, phase_));
  std::vector<Line> lines;
  while (auto line = value_or_throw(reader.next())) lines.push_back(*std::move(line));
  for (auto& line : reader.unfinished()) lines.push_back(std::move(line));
  return lines;
}

std::vector<Json> Logs::json() const {
  std::vector<Json> found;
  Json content;
  for (const auto& line : lines()) {
    if (read_json_line(line.text, content)) found.push_back(std::move(content));
  }
  return found;
}

std::string Logs::text() const {
  return text_of(lines(), has_labels());
}

std::ostream& operator<<(std::ostream& out, const Logs& logs) {
  return out << logs.text();
}

Logs Logs::of(std::optional<Phase> phase, std::optional<Stream> stream) const {
  Logs some = *this;
  some.phase_ = phase;
  some.stream_ = stream;
  return some;
}

// What comes.

Line Tail::until(const LinePredicate& predicate, const TailOptions& options) const {
  std::optional<Line> found;
  const auto is_found = [&](const Line& line) {
    if (!predicate(line)) return true;
    found = line;
    return false;
  };
  wait_for_lines(is_found, options);
  return *std::move(found);
}

Json Tail::until_json(const JsonPredicate& predicate, const TailOptions& options) const {
  Json content;
  const auto is_found = [&](const Line& line) {
    try {
      return !read_json_line(line.text, content) || !predicate(content);
    } catch (const JsonError&) {
      return true;  // it does not have what the predicate looked at
    }
  };
  wait_for_lines(is_found, options);
  return content;
}

/// To be shown; not the whole log, nor the whole of a line that is a file in truth.
std::vector<Line> Tail::last_lines() const {
  const auto& log = bundle_->session().log;
  const auto filter = filter_of(service_, stream_, phase_);
  const auto end = value_or_throw(log->end());  // more may come faster than it can be read
  LogReader reader(log, filter, value_or_throw(lines_back(log, filter, kShownLines)));
  std::vector<Line> lines;
  while (reader.offset() < end) {
    auto line = value_or_throw(reader.next());
    if (!line) break;
    lines.push_back(*std::move(line));
  }
  for (auto& line : reader.unfinished()) lines.push_back(std::move(line));
  if (lines.size() > kShownLines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kShownLines));
  }
  for (auto& line : lines) shorten(line.text);
  return lines;
}

void Tail::wait_for_lines(const LinePredicate& go_on, const TailOptions& options) const {
  const auto wait = watch_lines(*bundle_, filter_of(service_, stream_, phase_), go_on, options);
  if (wait.outcome == LogWaitOutcome::kStopped) return;
  const auto last = last_lines();
  auto tail = "; " + std::to_string(wait.lines) + " lines came";
  if (!last.empty()) tail += ". The last ones:\n" + text_of(last, has_labels());
  if (wait.outcome == LogWaitOutcome::kBundleEnded) {
    throw ServiceDied("the bundle ended before " + describe() +
                      " had the line that was waited for: " + wait.why_ended + tail);
  }
  throw LogTimeout("no line of " + describe() + " was the one that was waited for, in " +
                   std::to_string(options.timeout->count()) + " ms" + tail);
}

void Tail::follow(const TailOptions& options) const {
  const auto print = [&](const Line& line) {
    if (has_labels()) std::cout << '[' << line.label() << "] ";
    std::cout << line.text << std::endl;
    return true;
  };
  follow(print, options);
}

void Tail::follow(const LinePredicate& take, const TailOptions& options) const {
  (void)watch_lines(*bundle_, filter_of(service_, stream_, phase_), take, options);
}

void Tail::cat(std::optional<std::size_t> last_lines) const {
  auto lines = Logs(*this).lines();
  if (last_lines && lines.size() > *last_lines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(*last_lines));
  }
  std::cout << text_of(lines, has_labels()) << std::flush;
}

}  // namespace hitch::client
