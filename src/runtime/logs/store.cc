#include "runtime/logs/store.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "runtime/logs/split.h"

namespace hitch {

namespace {

const char* hint_for(int err) {
  switch (err) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or set XDG_STATE_HOME to a directory on another file system";
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f), or set XDG_STATE_HOME to a "
             "directory "
             "on another file system";
    default:
      return "";
  }
}

std::string describe(const StreamKey& key) {
  return in_quotes(key.service) + (key.output == OutputStream::kErr ? " (stderr)" : "");
}

}  // namespace

Result<LogStore> LogStore::create(const std::filesystem::path& dir, LogStoreOptions options) {
  const auto path = dir / kLogFileName;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) {
    const int err = errno;
    return Error::from_errno(err, "create log", path.native()).with_hint(hint_for(err));
  }
  return LogStore(std::make_shared<LogFile>(std::move(fd), path.native()), std::move(options));
}

LogStore::LogStore(std::shared_ptr<LogFile> file, LogStoreOptions options)
    : file_(std::move(file)),
      options_(std::move(options)),
      listeners_(std::make_shared<Listeners>()) {
  file_->publish_end(0);
}

LogStore::LogStore(LogStore&&) noexcept = default;
LogStore& LogStore::operator=(LogStore&&) noexcept = default;
LogStore::~LogStore() = default;

StreamId LogStore::open_stream(StreamKey key) {
  streams_.push_back({.key = std::move(key)});
  return StreamId{static_cast<std::uint32_t>(streams_.size() - 1)};
}

LogStore::Stream& LogStore::stream_of(StreamId id) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= streams_.size()) std::abort();  // a programmer's error: not a stream of this store
  return streams_[index];
}

Subscription LogStore::subscribe(std::function<void()> listener) {
  return listeners_->add(std::move(listener));
}

Status LogStore::append(StreamId id, std::span<const char> bytes) {
  auto& stream = stream_of(id);
  if (stream.ended) std::abort();  // a programmer's error: see end_stream()
  const auto before = end_;
  Status status = Done{};
  for (std::size_t at = 0; at < bytes.size() && status; at += kRecordPayloadLimitBytes) {
    const auto rest = bytes.subspan(at);
    const auto chunk = rest.first(std::min(rest.size(), kRecordPayloadLimitBytes));
    if (!fits(stream, chunk.size())) {
      drop(stream, rest.size(), 0);
      status = announce_limit();
      break;
    }
    status = append_chunk(id, {chunk.data(), chunk.size()}, 0);
    if (!status) drop(stream, rest.size(), status.error().err());
  }
  if (end_ != before) listeners_->notify();
  return status;
}

Status LogStore::append_line(StreamId stream, std::string_view text) {
  std::string line(text);
  line += '\n';
  return append(stream, line);
}

Status LogStore::end_stream(StreamId id) {
  auto& stream = stream_of(id);
  if (stream.ended) return Done{};
  const auto before = end_;
  auto status = write_end(id, stream);
  if (status) {
    stream.ended = true;
    stream.in_line = false;
  }
  // What is missing may have been written even if the end could not be.
  if (status || end_ != before) listeners_->notify();
  return status;
}

Status LogStore::write_end(StreamId id, Stream& stream) {
  HITCH_CHECK(announce_missing(stream));
  if (static_cast<std::size_t>(id) >= defined_streams_) return Done{};
  const RecordHeader header{.type = RecordType::kEnd,
                            .stream = id,
                            .first_sequence = next_sequence_,
                            .times = options_.clock()};
  return write_record(header, {});
}

/// Bytes of hitch's own are always kept: they are few, and say what went wrong.
bool LogStore::fits(const Stream& stream, std::size_t size) const noexcept {
  if (stream.key.phase == Phase::kHarness || options_.size_limit_bytes == 0) return true;
  return !limit_hit_ && end_ + kRecordHeaderBytes + size <= options_.size_limit_bytes;
}

/// The line that was being written ends where the gap begins.
void LogStore::drop(Stream& stream, std::size_t size, int err) noexcept {
  stream.missing_bytes += size;
  stream.missing_because = err;
  stream.in_line = false;
  dropped_bytes_ += size;
}

Status LogStore::append_chunk(StreamId id, std::string_view bytes, std::uint16_t flags) {
  auto& stream = stream_of(id);
  HITCH_CHECK(announce_missing(stream));
  HITCH_CHECK(define_up_to(id));
  const bool ends_line = bytes.back() == '\n';
  const auto pieces = count_newlines(bytes) + (ends_line ? 0 : 1);
  const auto lines = pieces - (stream.in_line ? 1 : 0);
  RecordHeader header{.type = RecordType::kData,
                      .flags = flags,
                      .length = static_cast<std::uint32_t>(bytes.size()),
                      .stream = id,
                      .lines = static_cast<std::uint32_t>(lines),
                      .first_sequence = next_sequence_,
                      .open_sequence = stream.in_line ? stream.open_sequence : 0,
                      .times = options_.clock()};
  if (stream.in_line) header.flags |= RecordHeader::kContinuesLine;
  HITCH_CHECK(write_record(header, bytes));
  next_sequence_ += lines;
  stream.in_line = !ends_line;
  if (lines > 0) stream.open_sequence = next_sequence_ - 1;
  return Done{};
}

/// Writes one record, whole or not at all.
Status LogStore::write_record(const RecordHeader& header, std::string_view payload) {
  if (broken_) return Error::because("log " + in_quotes(file_->name()) + " cannot be written to");
  auto raw = encode_header(header);
  std::array<iovec, 2> parts{iovec{raw.data(), raw.size()},
                             iovec{const_cast<char*>(payload.data()), payload.size()}};
  std::uint64_t written = 0;
  while (written < header.size()) {
    const ssize_t n =
        ::pwritev(file_->fd_.get(), parts.data(), parts.size(), static_cast<off_t>(end_ + written));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return recover_from(n < 0 ? errno : ENOSPC);
    auto taken = static_cast<std::size_t>(n);
    written += taken;
    for (auto& part : parts) {  // after a short write, which the next one usually explains
      const auto of_part = std::min(taken, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + of_part;
      part.iov_len -= of_part;
      taken -= of_part;
    }
  }
  end_ += header.size();
  file_->publish_end(end_);
  return Done{};
}

/// Cuts off what a failed write has left of its record.
Error LogStore::recover_from(int err) {
  while (::ftruncate(file_->fd_.get(), static_cast<off_t>(end_)) != 0) {
    if (errno == EINTR) continue;
    broken_ = true;
    break;
  }
  return Error::from_errno(err, "write to log", file_->name()).with_hint(hint_for(err));
}

/// Ids are defined in their order, so that readers can rely on it.
Status LogStore::define_up_to(StreamId id) {
  for (; defined_streams_ <= static_cast<std::size_t>(id); ++defined_streams_) {
    const auto defined = StreamId{static_cast<std::uint32_t>(defined_streams_)};
    const auto& key = streams_[defined_streams_].key;
    const auto payload = encode_stream_key(key);
    const RecordHeader header{.type = RecordType::kStream,
                              .length = static_cast<std::uint32_t>(payload.size()),
                              .stream = defined,
                              .first_sequence = next_sequence_,
                              .times = options_.clock()};
    (void)file_->learn_stream(defined, key);  // known already if writing failed the last time
    HITCH_CHECK(write_record(header, payload));
  }
  return Done{};
}

Status LogStore::announce_limit() {
  if (limit_hit_) return Done{};
  limit_hit_ = true;
  return append_notice("the log has reached its limit of " +
                       std::to_string(options_.size_limit_bytes) +
                       " bytes: what services print from here on is not kept");
}

/// Says how much is missing: after an error in front of what comes next, after the limit at the
/// end.
Status LogStore::announce_missing(Stream& stream) {
  if (stream.missing_bytes == 0) return Done{};
  const auto why = stream.missing_because == 0 ? std::string("the log has reached its limit")
                                               : errno_text(stream.missing_because);
  const auto text = std::to_string(stream.missing_bytes) + " bytes of the output of " +
                    describe(stream.key) + " are missing here: " + why;
  const auto missing = std::exchange(stream.missing_bytes, 0);
  auto status = append_notice(text);
  if (!status) stream.missing_bytes += missing;
  return status;
}

Status LogStore::append_notice(const std::string& text) {
  if (!notices_) {
    notices_ = open_stream({std::string(kHitchService), OutputStream::kErr, Phase::kHarness});
  }
  return append_chunk(*notices_, text + "\n", RecordHeader::kNotice);
}

}  // namespace hitch
