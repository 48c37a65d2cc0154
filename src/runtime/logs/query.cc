#include "runtime/logs/query.h"

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/logs/cursor.h"
#include "runtime/logs/record_reader.h"

namespace hitch {

namespace {

constexpr std::size_t kHopBytes = 4096;  // payloads are skipped

/// Calls `visit(offset, header)` for the data of each record that matches, until it says false, or
/// what follows is damaged: whoever reads lines from there on is told.
/// @return where it stopped
template <typename Visit>
Result<std::uint64_t> visit_headers(const std::shared_ptr<LogFile>& file, const LogFilter& filter,
                                    Visit&& visit) {
  RecordReader reader(file, 0, kHopBytes);
  for (;;) {
    const auto next = reader.next();
    if (!next && next.error().err() != 0) return next.error();
    if (!next || !*next) return reader.offset();
    const auto& header = *next;
    if (header->type != RecordType::kData) continue;
    if (!filter.matches(*file->find_stream(header->stream))) continue;
    if (!visit(reader.record_offset(), *header)) return reader.record_offset();
  }
}

StoredLine copy_of(const LogLine& line) {
  return {.sequence = line.sequence,
          .times = line.times,
          .key = *line.key,
          .text = std::string(line.text),
          .has_newline = line.has_newline,
          .is_cut = line.continues};
}

}  // namespace

Result<LogPosition> lines_back(const std::shared_ptr<LogFile>& file, const LogFilter& filter,
                               std::uint64_t count) {
  std::uint64_t total = 0;
  const auto add = [&](std::uint64_t, const RecordHeader& header) {
    total += header.lines;
    return true;
  };
  HITCH_TRY(const auto end, visit_headers(file, filter, add));
  if (count == 0) return LogPosition{end, 0};
  const std::uint64_t skipped = total - std::min(total, count);
  LogPosition position;
  std::uint64_t seen = 0;
  const auto find = [&](std::uint64_t offset, const RecordHeader& header) {
    if (seen + header.lines <= skipped) {
      seen += header.lines;
      return true;
    }
    position = {offset, header.first_sequence + (skipped - seen)};
    return false;
  };
  HITCH_TRY(const auto found, visit_headers(file, filter, find));
  (void)found;  // a log without matching lines is read from its beginning
  return position;
}

Result<std::vector<StoredLine>> last_lines(const std::shared_ptr<LogFile>& file,
                                           const LastLines& query) {
  if (query.count == 0) return std::vector<StoredLine>();
  HITCH_TRY(const auto end, file->end());  // what comes while we read is not waited for
  HITCH_TRY(const auto start, lines_back(file, query.filter, query.count));
  LogCursor cursor(file, {.filter = query.filter,
                          .start = start,
                          .line_cap_bytes = query.line_limit_bytes,
                          .held_limit_bytes = query.line_limit_bytes * query.count});
  std::map<std::uint64_t, StoredLine> lines;  // they come as they were finished, not as they began
  const auto keep = [&](const LogLine& line) {
    if (line.continued) return;  // its beginning is there already
    lines.emplace(line.sequence, copy_of(line));
    if (lines.size() > query.count) lines.erase(lines.begin());
  };
  while (cursor.offset() < end) {
    HITCH_TRY(const auto line, cursor.next());
    if (!line) break;
    keep(*line);
  }
  while (const auto line = cursor.next_unfinished()) keep(*line);
  std::vector<StoredLine> result;
  result.reserve(lines.size());
  for (auto& [sequence, line] : lines) result.push_back(std::move(line));
  return result;
}

}  // namespace hitch
