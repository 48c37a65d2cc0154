#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/logs/log_file.h"
#include "runtime/logs/record.h"

namespace hitch {

/// A line that has been copied out of a log.
struct StoredLine {
  std::uint64_t sequence = 0;
  LogTimes times{};
  StreamKey key{};
  std::string text{};
  bool has_newline = false;
  bool is_cut = false;  ///< the line is longer than the query's line limit: `text` is its beginning
};

struct LastLines {
  std::size_t count = 20;
  LogFilter filter{};
  std::size_t line_limit_bytes = std::size_t{64} << 10;
};

/// The last lines of a log, in the order in which they began, with those that are not finished yet.
/// Memory is bounded by count × line limit. Reads the headers of the whole log and the bytes of its
/// end.
Result<std::vector<StoredLine>> last_lines(const std::shared_ptr<LogFile>& file,
                                           const LastLines& query);

/// Where to start a cursor so that it delivers the last `count` lines that match, then what
/// follows. 0 lines back is the end of the log. What lies behind a damage does not count: the
/// cursor comes to it and says so.
Result<LogPosition> lines_back(const std::shared_ptr<LogFile>& file, const LogFilter& filter,
                               std::uint64_t count);

}  // namespace hitch
