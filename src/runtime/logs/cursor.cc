#include "runtime/logs/cursor.h"

#include <algorithm>
#include <utility>

namespace hitch {

namespace {

/// A piece of a line without the character of UTF-8 that its end would cut in two, unless that is
/// all there is.
std::string_view without_cut_character(std::string_view piece) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < std::min(kLongest, piece.size()); ++back) {
    const auto byte = static_cast<unsigned char>(piece[piece.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;  // inside of a character
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? piece.substr(0, piece.size() - back) : piece;
  }
  return piece;
}

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

}  // namespace

LogCursor::LogCursor(std::shared_ptr<LogFile> file, CursorOptions options)
    : options_(std::move(options)), reader_(std::move(file), options_.start.offset, kBufferBytes) {
  options_.line_cap_bytes = std::max<std::size_t>(options_.line_cap_bytes, 1);
}

Result<LogCursor> LogCursor::open(const std::filesystem::path& dir, CursorOptions options) {
  HITCH_TRY(auto file, LogFile::open(dir));
  return LogCursor(std::move(file), std::move(options));
}

Result<std::optional<LogLine>> LogCursor::next() {
  for (;;) {
    if (current_ == nullptr) {
      HITCH_TRY(const auto header, reader_.next());
      if (!header) return std::optional<LogLine>();
      if (auto line = enter(*header)) return line;
      continue;
    }
    HITCH_TRY(const auto bytes, reader_.payload());
    if (bytes.empty()) {
      current_ = nullptr;
    } else if (auto line = take_from(bytes)) {
      return line;
    }
  }
}

std::optional<LogLine> LogCursor::next_unfinished() {
  for (auto& assembly : streams_) {
    if (!assembly.in_line) continue;
    if (auto line = deliver(assembly, {}, LineEnd::kUnfinished)) return line;
  }
  return std::nullopt;
}

LogCursor::Assembly& LogCursor::assembly_of(StreamId id) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= streams_.size()) streams_.resize(index + 1);  // ids that exist: see RecordReader
  auto& assembly = streams_[index];
  if (assembly.key == nullptr) {
    assembly.id = id;
    assembly.key = file()->find_stream(id);
    assembly.wanted = options_.filter.matches(*assembly.key);
  }
  return assembly;
}

/// Begins with a record. A line that was begun before and does not go on in it is finished by it.
std::optional<LogLine> LogCursor::enter(const RecordHeader& header) {
  auto& assembly = assembly_of(header.stream);
  if (!assembly.wanted) return std::nullopt;
  const bool goes_on = (header.flags & RecordHeader::kContinuesLine) != 0;
  const bool is_data = header.type == RecordType::kData;
  if (is_data) {
    current_ = &assembly;
    record_ = header;
    next_line_ = header.first_sequence;
  }
  if (assembly.in_line && !(is_data && goes_on)) {
    return deliver(assembly, {}, LineEnd::kUnfinished);
  }
  if (is_data && goes_on && !assembly.in_line) {  // it began before the place where we began
    assembly.in_line = assembly.continued = true;
    assembly.sequence = header.open_sequence;
    assembly.times = header.times;
  }
  return std::nullopt;
}

/// Takes bytes of the present record, up to the end of a line or of a piece.
std::optional<LogLine> LogCursor::take_from(std::string_view available) {
  auto& assembly = *current_;
  if (!assembly.in_line) {
    assembly.in_line = true;
    assembly.continued = false;
    assembly.sequence = next_line_++;
    assembly.times = record_.times;
    assembly.notice = (record_.flags & RecordHeader::kNotice) != 0;
  }
  const std::size_t room = options_.line_cap_bytes - assembly.held.size();
  const auto window =
      available.substr(0, std::max(room, room + 1));  // an endless cap plus one is 0
  const auto newline = window.find('\n');
  if (newline != window.npos) {
    reader_.consume(newline + 1);
    return deliver(assembly, window.substr(0, newline), LineEnd::kNewline);
  }
  if (window.size() > room) return deliver_piece(assembly, window.substr(0, room));
  reader_.consume(window.size());
  assembly.held += window;
  held_bytes_ += window.size();
  if (held_bytes_ > options_.held_limit_bytes) return deliver(assembly, {}, LineEnd::kContinues);
  return std::nullopt;
}

/// A piece as long as pieces may be, from what the stream holds and what comes next.
std::optional<LogLine> LogCursor::deliver_piece(Assembly& assembly, std::string_view next) {
  if (assembly.held.empty()) {
    const auto piece = without_cut_character(next);
    reader_.consume(piece.size());
    return deliver(assembly, piece, LineEnd::kContinues);
  }
  reader_.consume(next.size());
  assembly.held += next;
  const std::size_t length = without_cut_character(assembly.held).size();
  std::string rest = assembly.held.substr(length);
  assembly.held.resize(length);
  held_bytes_ += next.size() - rest.size();
  auto line = deliver(assembly, {}, LineEnd::kContinues);
  held_bytes_ += rest.size();
  assembly.held = std::move(rest);
  return line;
}

/// What the stream holds, and `tail`, as a line or a piece; nothing if it is not wanted.
std::optional<LogLine> LogCursor::deliver(Assembly& assembly, std::string_view tail, LineEnd end) {
  LogLine line{.sequence = assembly.sequence,
               .times = assembly.times,
               .stream = assembly.id,
               .key = assembly.key,
               .text = tail,
               .has_newline = end == LineEnd::kNewline,
               .continues = end == LineEnd::kContinues,
               .continued = assembly.continued,
               .notice = assembly.notice};
  if (!assembly.held.empty()) {
    held_bytes_ -= assembly.held.size();
    delivered_ = std::exchange(assembly.held, {});
    delivered_ += tail;
    line.text = delivered_;
  }
  assembly.in_line = assembly.continued = line.continues;
  if (line.sequence < options_.start.sequence) return std::nullopt;
  return line;
}

void LogCursor::peek_unfinished(const std::function<void(const LogLine&)>& show) const {
  for (const auto& assembly : streams_) {
    if (!assembly.wanted || !assembly.in_line || assembly.key == nullptr) continue;
    LogLine line;
    line.sequence = assembly.sequence;
    line.times = assembly.times;
    line.stream = assembly.id;
    line.key = assembly.key;
    line.text = assembly.held;
    line.continued = assembly.continued;
    line.notice = assembly.notice;
    show(line);
  }
}

}  // namespace hitch
