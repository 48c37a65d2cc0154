#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/logs/listeners.h"
#include "runtime/logs/log_file.h"
#include "runtime/logs/record.h"

namespace hitch {

struct LogStoreOptions {
  /// How large the file may grow, in bytes; 0: without limit. Services' output that would go beyond
  /// is dropped and counted, and the log says so. Hitch's own lines are always kept.
  std::uint64_t size_limit_bytes = std::uint64_t{4} << 30;
  LogClock clock = machine_times;
};

/// Writes the log of one run: everything that every service printed, as it came, in one file.
/// Belongs to one thread; readers on any thread go through file(). The program ignores SIGXFSZ, so
/// that a file size limit is an Error like a full disk.
class LogStore {
 public:
  /// Creates the file `log` in `dir`, mode 0600.
  /// @param dir  the directory of the run; it exists
  /// @return an Error with open(2)'s errno; EEXIST if there is a log already
  static Result<LogStore> create(const std::filesystem::path& dir, LogStoreOptions options = {});

  LogStore(LogStore&&) noexcept;
  LogStore& operator=(LogStore&&) noexcept;
  ~LogStore();

  /// Adds a stream. Two streams may have the same key: a service that was started again.
  /// Cannot fail: the definition is written with the first bytes of the stream.
  StreamId open_stream(StreamKey key);

  /// Keeps `bytes` as what `stream` wrote next, then calls the listeners. Bytes beyond the size
  /// limit are dropped, which is announced in the log and is not an Error.
  /// @return an Error that names the file, with write(2)'s errno (ENOSPC, EDQUOT, EFBIG, EIO). The
  ///         bytes of this call are then not kept and count as dropped; the file stays readable,
  ///         the next call may well succeed and puts a line about the gap in front.
  Status append(StreamId id, std::span<const char> bytes);

  /// Appends `text` and a newline.
  Status append_line(StreamId stream, std::string_view text);

  /// Says that a stream is complete: a last line without newline is finished by this. More than
  /// once is the same as once; append() must not follow.
  Status end_stream(StreamId id);

  /// Where the times of what comes from now on are taken from.
  void set_clock(LogClock clock) { options_.clock = std::move(clock); }

  /// How far the log goes, in bytes: the position of what will be appended next.
  std::uint64_t end() const noexcept { return end_; }
  /// The number that the next line will get.
  std::uint64_t next_sequence() const noexcept { return next_sequence_; }
  /// Bytes that are not in the log, by the size limit or because writing failed.
  std::uint64_t dropped_bytes() const noexcept { return dropped_bytes_; }

  /// What cursors read from. Outlives the store if a cursor holds it.
  const std::shared_ptr<LogFile>& file() const noexcept { return file_; }

  /// Calls `listener` after each append and each end of a stream, on the thread of the store.
  /// Listeners may subscribe, unsubscribe, also themselves, and append; what a listener appends is
  /// announced in another round after the present one, so it has to stop some time.
  /// @return calls end when it is destroyed; it may outlive the store
  Subscription subscribe(std::function<void()> listener);

 private:
  struct Stream {
    StreamKey key;
    bool ended = false;
    bool in_line = false;             ///< the last byte kept was not a newline
    std::uint64_t open_sequence = 0;  ///< of that line
    std::uint64_t missing_bytes = 0;  ///< dropped since the log last said so
    int missing_because = 0;          ///< errno; 0: the size limit
  };

  LogStore(std::shared_ptr<LogFile> file, LogStoreOptions options);

  Stream& stream_of(StreamId id);
  Status append_chunk(StreamId id, std::string_view bytes, std::uint16_t flags);
  Status write_record(const RecordHeader& header, std::string_view payload);
  Error recover_from(int err);
  Status define_up_to(StreamId id);
  Status announce_limit();
  Status write_end(StreamId id, Stream& stream);
  Status announce_missing(Stream& stream);
  Status append_notice(const std::string& text);
  bool fits(const Stream& stream, std::size_t size) const noexcept;
  void drop(Stream& stream, std::size_t size, int err) noexcept;

  std::shared_ptr<LogFile> file_;
  LogStoreOptions options_;
  std::deque<Stream> streams_;       ///< by id
  std::size_t defined_streams_ = 0;  ///< how many of them the file knows: the first ones
  std::uint64_t end_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t dropped_bytes_ = 0;
  std::optional<StreamId> notices_;  ///< the stream of hitch's remarks, once there is one
  bool limit_hit_ = false;
  bool broken_ = false;  ///< a torn record could not be cut off: nothing can be appended any more
  std::shared_ptr<Listeners> listeners_;
};

}  // namespace hitch
