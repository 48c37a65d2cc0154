#include "cli/log_view.h"

#include <algorithm>

#include "runtime/base/utc_time.h"
#include "runtime/logs/json_record.h"
#include "runtime/logs/json_string.h"
#include "runtime/logs/split.h"

namespace hitch {

namespace {

constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::size_t kRoomForPhase = 7;  // "Setup! "

std::string_view phase_word(const StreamKey& key) {
  const bool is_error = key.output == OutputStream::kErr;
  switch (key.phase) {
    case Phase::kRun:
      return is_error ? "Err " : "";
    case Phase::kSetup:
      return is_error ? "Setup! " : "Setup ";
    case Phase::kPoststart:
      return is_error ? "Post! " : "Post ";
    case Phase::kTeardown:
      return is_error ? "Down! " : "Down ";
    case Phase::kHarness:
      break;
  }
  return "";
}

}  // namespace

LogView::LogView(const std::vector<std::string>& services, Destination destination,
                 ColorMode colors, TimeColumn times)
    : width_(kHitchService.size()),
      destination_(destination),
      colors_(colors),
      times_(times),
      safe_(colors) {
  for (const auto& service : services) width_ = std::max(width_, service.size());
  width_ += kRoomForPhase;
}

std::string LogView::prefix(const StreamKey& key) const {
  const auto word = phase_word(key);
  const auto size = word.size() + key.service.size();
  std::string out = "[";
  out.append(width_ - std::min(width_, size), ' ').append(word).append(key.service);
  return out += "] ";
}

const std::string& LogView::prefix_of(const LogLine& line) {
  const auto index = static_cast<std::size_t>(line.stream);
  if (index >= prefixes_.size()) prefixes_.resize(index + 1);
  if (prefixes_[index].empty()) prefixes_[index] = prefix(*line.key);
  return prefixes_[index];
}

void LogView::add(const LogLine& line, std::string& out) {
  if (destination_ == Destination::kJson)
    return add_json(*line.key, line.text, line.continues, out);
  const bool joins = open_ == line.stream && line.continued;
  if (!joins) {
    break_off(out);
    time(line.times, out);
    begin(prefix_of(line), line.key->output, out);
    if (line.continued) out += kTakenUp;
  }
  text(line.text, out);
  if (line.continues) {
    open_ = line.stream;
  } else {
    end(out);
  }
}

void LogView::add(const StoredLine& line, std::string& out) {
  if (destination_ == Destination::kJson) return add_json(line.key, line.text, line.is_cut, out);
  break_off(out);
  time(line.times, out);
  begin(prefix(line.key), line.key.output, out);
  text(line.text, out);
  end(out, line.is_cut ? " [the line is longer]" : "");
}

void LogView::add_message(std::string_view message, std::string& out) {
  if (destination_ == Destination::kJson) {
    const StreamKey own{std::string(kHitchService), OutputStream::kOut, Phase::kHarness};
    return add_json(own, message, false, out);
  }
  const auto title = prefix({std::string(kHitchService), OutputStream::kOut, Phase::kHarness});
  break_off(out);
  do {
    begin(title, OutputStream::kOut, out);
    text(message.empty() ? message : take_piece(message).text, out);
    end(out);
  } while (!message.empty());
}

void LogView::add_json(const StreamKey& key, std::string_view text, bool goes_on,
                       std::string& out) {
  out += '{';
  append_stream_members(key, out);
  out += ",\"text\":";
  append_json_string(text, out);
  out += goes_on ? ",\"continues\":true}\n" : "}\n";
}

void LogView::time(const LogTimes& times, std::string& out) {
  if (times_ == TimeColumn::kNone) return;
  append_utc(times.wall, out);
  out += ' ';
}

void LogView::begin(std::string_view prefix, OutputStream output, std::string& out) {
  if (output == OutputStream::kErr && colors_ == ColorMode::kAlways) {
    out += kYellow;
    needs_reset_ = true;
  }
  out += prefix;
}

void LogView::text(std::string_view bytes, std::string& out) {
  if (destination_ == Destination::kTerminal) {
    safe_.add(bytes, out);
  } else {
    out += bytes;
  }
}

void LogView::end(std::string& out, std::string_view remark) {
  const bool has_colors = safe_.finish(out);
  out += remark;
  if (has_colors || needs_reset_) out += kReset;
  needs_reset_ = false;
  open_.reset();
  out += '\n';
}

void LogView::break_off(std::string& out) {
  if (open_) end(out, kBrokenOff);
}

}  // namespace hitch
