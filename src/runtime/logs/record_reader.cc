#include "runtime/logs/record_reader.h"

#include <algorithm>
#include <span>
#include <utility>

namespace hitch {

RecordReader::RecordReader(std::shared_ptr<LogFile> file, std::uint64_t offset,
                           std::size_t buffer_bytes)
    : file_(std::move(file)),
      buffer_bytes_(std::max(buffer_bytes, kRecordHeaderBytes)),
      position_(offset),
      record_offset_(offset),
      record_end_(offset) {}

Result<std::optional<RecordHeader>> RecordReader::next() {
  if (!started_) HITCH_CHECK(learn_earlier_streams());
  started_ = true;
  for (;;) {
    position_ = record_end_;
    file_->note_streams_known(record_end_);
    HITCH_TRY(auto header, whole_record());
    if (!header) return header;
    record_offset_ = position_;
    record_end_ = position_ + header->size();
    position_ += kRecordHeaderBytes;
    if (header->type == RecordType::kStream) {
      HITCH_CHECK(learn_stream(*header));
      continue;
    }
    if (file_->find_stream(header->stream) == nullptr) {
      record_end_ = position_ = record_offset_;  // so that the same Error comes again
      return file_->damaged_at(record_offset_, "output of a stream that has not been defined");
    }
    return header;
  }
}

Result<std::string_view> RecordReader::payload() {
  if (position_ == record_end_) return std::string_view();
  HITCH_TRY(const auto bytes, buffered(1));
  // Only whole records are entered, and nobody shortens a log.
  if (bytes.empty()) return file_->damaged_at(position_, "it has become shorter");
  return bytes.substr(0, std::min<std::uint64_t>(bytes.size(), record_end_ - position_));
}

/// The header at position_, if all of its record is in the file. What is not whole may still be
/// replaced by its writer, so none of it is kept.
Result<std::optional<RecordHeader>> RecordReader::whole_record() {
  HITCH_TRY(auto header, visible_header());
  if (header && position_ + header->size() <= visible_end_) return header;
  HITCH_CHECK(look_again());
  HITCH_TRY(header, visible_header());
  if (header && position_ + header->size() <= visible_end_) return header;
  return std::optional<RecordHeader>();
}

Result<std::optional<RecordHeader>> RecordReader::visible_header() {
  if (position_ + kRecordHeaderBytes > visible_end_) return std::optional<RecordHeader>();
  HITCH_TRY(const auto bytes, buffered(kRecordHeaderBytes));
  if (bytes.size() < kRecordHeaderBytes) return std::optional<RecordHeader>();
  auto header = decode_header(std::span(bytes).first<kRecordHeaderBytes>());
  if (!header) return file_->damaged_at(position_, "no record begins there");
  return header;
}

Status RecordReader::look_again() {
  HITCH_TRY(visible_end_, file_->end());
  buffer_filled_ = 0;
  return Done{};
}

/// The bytes from position_ on, at least so many if the visible part of the file has them.
Result<std::string_view> RecordReader::buffered(std::size_t at_least) {
  const auto view = [&] {
    const auto skipped = static_cast<std::size_t>(position_ - buffer_start_);
    return std::string_view(buffer_.data() + skipped, buffer_filled_ - skipped);
  };
  if (position_ >= buffer_start_ && position_ + at_least <= buffer_start_ + buffer_filled_) {
    return view();
  }
  buffer_.resize(buffer_bytes_);
  const auto visible = visible_end_ - std::min(position_, visible_end_);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_bytes_, visible));
  buffer_start_ = position_;
  buffer_filled_ = 0;
  HITCH_TRY(buffer_filled_, file_->read(position_, {buffer_.data(), wanted}));
  return view();
}

/// A reader that starts in the middle of a file of another process looks at the definitions first.
Status RecordReader::learn_earlier_streams() {
  const auto known = file_->streams_known_until();
  if (record_end_ <= known) return Done{};
  constexpr std::size_t kHopBytes = 4096;
  RecordReader earlier(file_, known, kHopBytes);
  while (earlier.record_end_ < record_end_) {
    HITCH_TRY(const auto header, earlier.next());
    if (!header) break;
  }
  if (earlier.record_end_ != record_end_) {
    return file_->damaged_at(record_end_, "no record begins there");
  }
  return Done{};
}

Status RecordReader::learn_stream(const RecordHeader& header) {
  std::vector<char> payload(header.length);
  HITCH_TRY(const auto got, file_->read(position_, payload));
  const auto key = decode_stream_key({payload.data(), got});
  if (got == header.length && key && file_->learn_stream(header.stream, *key)) return Done{};
  record_end_ = position_ = record_offset_;
  return file_->damaged_at(record_offset_, "a definition of a stream that makes no sense");
}

}  // namespace hitch
