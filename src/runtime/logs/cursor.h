#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/logs/log_file.h"
#include "runtime/logs/record.h"
#include "runtime/logs/record_reader.h"

namespace hitch {

struct CursorOptions {
  LogFilter filter{};
  LogPosition start{};  ///< {0, 0}: the beginning; {store.end(), 0}: what comes from now on
  /// A line longer than this comes in pieces of this many bytes, or of up to three less where a
  /// character of UTF-8 would be cut.
  std::size_t line_cap_bytes = std::size_t{1} << 20;
  /// How much unfinished lines may take together, in bytes; beyond it they come in smaller pieces.
  std::size_t held_limit_bytes = std::size_t{8} << 20;
};

/// Reads the lines of a log from a position on: while it is written, in this process or another
/// one, and after the run. Memory is bounded by the options, not by the log.
///
/// Lines come in the order in which they were *finished*; `sequence` tells the order in which they
/// began. Within one stream the two are the same. Belongs to one thread.
class LogCursor {
 public:
  LogCursor(std::shared_ptr<LogFile> file, CursorOptions options = {});
  /// Opens the log in the directory of a run.
  static Result<LogCursor> open(const std::filesystem::path& dir, CursorOptions options = {});

  /// The next line; nothing if there is none yet. After "nothing" it may be called again at any
  /// time.
  /// @return an Error if reading fails, or, with the file and the offset, if the log is damaged.
  ///         It comes again each time: there is no way past the damage.
  Result<std::optional<LogLine>> next();

  /// After next() said "nothing" and the run is known to be over: the lines that nothing has
  /// finished, one a call, as a killed supervisor leaves them. Then nothing.
  std::optional<LogLine> next_unfinished();

  /// After next() said "nothing": shows what is known of each line that has begun and has not been
  /// finished, and leaves it as it is. A prompt has no newline.
  void peek_unfinished(const std::function<void(const LogLine&)>& show) const;

  /// How far the file has been read, in bytes; grows up to the end of the last whole record.
  std::uint64_t offset() const noexcept { return reader_.offset(); }
  /// Where the record begins that finished the line that came last.
  std::uint64_t record_offset() const noexcept { return reader_.record_offset(); }
  const std::shared_ptr<LogFile>& file() const noexcept { return reader_.file(); }

 private:
  /// How what is delivered ends.
  enum class LineEnd { kNewline, kUnfinished, kContinues };

  /// What is known of one stream.
  struct Assembly {
    StreamId id{};
    const StreamKey* key = nullptr;  ///< null: not met yet
    bool wanted = false;
    bool in_line = false;    ///< a line has begun and has not been finished
    bool continued = false;  ///< its beginning has been delivered, or lies before the start
    std::uint64_t sequence = 0;
    LogTimes times;
    bool notice = false;
    std::string held;  ///< what is known of the line and has not been delivered
  };

  Assembly& assembly_of(StreamId id);
  std::optional<LogLine> enter(const RecordHeader& header);
  std::optional<LogLine> take_from(std::string_view available);
  std::optional<LogLine> deliver_piece(Assembly& assembly, std::string_view next);
  std::optional<LogLine> deliver(Assembly& assembly, std::string_view tail, LineEnd end);

  CursorOptions options_;
  RecordReader reader_;
  std::deque<Assembly> streams_;  ///< by id
  std::size_t held_bytes_ = 0;    ///< of all streams together
  std::string delivered_;         ///< backs the text of the line that was delivered last

  Assembly* current_ = nullptr;  ///< whose record is being read; null: none
  RecordHeader record_;          ///< that record
  std::uint64_t next_line_ = 0;  ///< number of the next line that begins in it
};

}  // namespace hitch
