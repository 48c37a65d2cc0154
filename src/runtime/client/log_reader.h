#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/client/hitch/logs.h"
#include "runtime/logs/cursor.h"

namespace hitch {

/// Reads a log line by line, each in one piece, as users get them.
class LogReader {
 public:
  LogReader(std::shared_ptr<LogFile> file, LogFilter filter, LogPosition start = {});

  /// The next line that is finished; nothing if there is none yet.
  Result<std::optional<client::Line>> next();
  /// Where in the file it is, in bytes.
  std::uint64_t offset() const noexcept { return cursor_.offset(); }
  /// After that said "nothing": what has been written of lines that have no newline yet.
  std::vector<client::Line> unfinished() const;

 private:
  LogCursor cursor_;
};

/// Which streams: empty and nothing do not restrict.
LogFilter filter_of(const std::string& service, std::optional<client::Stream> stream,
                    std::optional<client::Phase> phase);

}  // namespace hitch
