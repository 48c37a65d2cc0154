#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/logs/log_file.h"
#include "runtime/logs/record.h"

namespace hitch {

/// Walks over the records of a log, with one buffer. Definitions of streams are taken in on the
/// way. Belongs to one thread.
class RecordReader {
 public:
  /// @param offset        where a record begins
  /// @param buffer_bytes  how much is read at a time; small if payloads are to be skipped
  RecordReader(std::shared_ptr<LogFile> file, std::uint64_t offset, std::size_t buffer_bytes);

  /// Goes to the next record, which is kData or kEnd and of a stream that has been defined.
  /// @return nothing if there is no whole one yet; an Error if reading fails or the log is damaged
  Result<std::optional<RecordHeader>> next();

  /// What is to be read next of the record's payload; empty if all of it has been consumed.
  /// The bytes stay where they are until payload() or next() is called again.
  Result<std::string_view> payload();
  void consume(std::size_t bytes) noexcept { position_ += bytes; }

  /// Where the present record begins.
  std::uint64_t record_offset() const noexcept { return record_offset_; }
  /// How far has been read.
  std::uint64_t offset() const noexcept { return position_; }
  const std::shared_ptr<LogFile>& file() const noexcept { return file_; }

 private:
  Result<std::optional<RecordHeader>> whole_record();
  Result<std::optional<RecordHeader>> visible_header();
  Status look_again();
  Result<std::string_view> buffered(std::size_t at_least);
  Status learn_earlier_streams();
  Status learn_stream(const RecordHeader& header);

  std::shared_ptr<LogFile> file_;
  std::vector<char> buffer_;  ///< has its size from the first read on
  std::size_t buffer_bytes_;
  std::size_t buffer_filled_ = 0;
  std::uint64_t buffer_start_ = 0;  ///< offset in the file of what is in the buffer
  std::uint64_t visible_end_ = 0;   ///< how far the file went when it was last looked at
  std::uint64_t position_;          ///< of the next byte to read
  std::uint64_t record_offset_;
  std::uint64_t record_end_;
  bool started_ = false;
};

}  // namespace hitch
