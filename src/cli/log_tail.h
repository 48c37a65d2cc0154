#pragma once

#include <optional>

#include "cli/log_source.h"
#include "runtime/base/deadline.h"
#include "runtime/logs/cursor.h"

namespace hitch {

/// What takes the lines of a log.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// @return whether it wants more
  virtual Result<bool> take(const LogLine& line) = 0;
  /// There is no more for now, and it may take long until there is.
  /// @return whether it wants more
  virtual Result<bool> pause(const LogCursor& cursor) = 0;
};

struct TailOptions {
  CursorOptions cursor{};
  bool follow = false;                 ///< until the run is over
  std::optional<Deadline> deadline{};  ///< when to stop waiting
  int output = -1;                     ///< where the sink writes; borrowed: see LogWatch
  int input = -1;                      ///< a pipe whose end is that of following; likewise
};

/// Why reading has come to an end.
enum class TailEnd {
  kEnough,      ///< the sink wanted no more
  kAllRead,     ///< without `follow`, or with the end of `input`: all that there was by then
  kRunEnded,    ///< the run is over, and all of its log has been taken
  kRunKilled,   ///< the same, and the supervisor was killed
  kTimeout,     ///< the deadline has passed
  kReaderGone,  ///< nobody reads any more what is written to `output`
};

/// Hands the lines of a log to `sink`: those that there are, and those to come. Lines that nothing
/// has finished come last, where the end is known.
/// @return an Error of the sink's; or, once all before it has been taken, that the log is damaged
Result<TailEnd> tail_log(const LogSource& source, const TailOptions& options, LineSink& sink);

}  // namespace hitch
