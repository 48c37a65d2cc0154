#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitch {

/// Number of one stream within its log: 0, 1, 2… in the order in which streams were opened.
enum class StreamId : std::uint32_t {};

enum class OutputStream : std::uint8_t { kOut, kErr };

/// What a service was doing when it wrote. kHarness is hitch itself.
enum class Phase : std::uint8_t { kSetup, kRun, kPoststart, kTeardown, kHarness };

/// As users write them, in the order of Phase.
inline constexpr std::array<std::string_view, 5> kPhaseNames{"setup", "run", "poststart",
                                                             "teardown", "hitch"};

/// Whose output a stream is.
struct StreamKey {
  std::string service{};
  OutputStream output = OutputStream::kOut;
  Phase phase = Phase::kRun;

  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// The name under which hitch writes into the log itself.
inline constexpr std::string_view kHitchService = "Hitch";

/// When something was read from its pipe.
struct LogTimes {
  using Nanoseconds = std::chrono::nanoseconds;
  Nanoseconds wall{};       ///< since the epoch, on the machine's wall clock
  Nanoseconds bundle{};     ///< since the epoch, on the wall clock that the bundle sees
  Nanoseconds monotonic{};  ///< CLOCK_MONOTONIC of the machine

  friend bool operator==(const LogTimes&, const LogTimes&) = default;
};

/// Where a log takes its times from; replaced in tests and by the bundle's clock.
using LogClock = std::function<LogTimes()>;

/// The machine's clocks; the bundle's time is the wall time.
LogTimes machine_times();

/// One line, or one piece of a line that is longer than its reader's cap.
struct LogLine {
  std::uint64_t sequence = 0;  ///< 1, 2, 3… over the whole run, in the order in which lines began
  LogTimes times{};            ///< of the bytes that the line began with
  StreamId stream{};
  const StreamKey* key = nullptr;  ///< never null; lives as long as the cursor's LogFile
  std::string_view text{};         ///< without the newline; valid until the cursor's next call
  bool has_newline = false;  ///< false: the stream ended, or the line goes on, or bytes were lost
  bool continues = false;    ///< more of the same line follows in a later LogLine
  bool continued = false;    ///< the line began before `text` does
  bool notice = false;  ///< hitch's remark on the log itself: a limit was hit, bytes are missing
};

/// Which streams a reader wants. What is empty does not restrict.
struct LogFilter {
  std::vector<std::string> services{};
  std::optional<OutputStream> output{};
  std::vector<Phase> phases{};

  bool matches(const StreamKey& key) const;
};

/// A place in a log from which lines can be read.
struct LogPosition {
  std::uint64_t offset = 0;    ///< of a record in the file, in bytes
  std::uint64_t sequence = 0;  ///< lines with a lower number are not wanted
};

/// The layout of the file `log`: nothing but records, each a header of kRecordHeaderBytes and
/// `length` bytes of payload. All numbers are little-endian. A record is data exactly as it was
/// read from a pipe, so writing costs one scan and one writev(2). The last record may be torn, by a
/// crash in mid-write: it ends after the file does, and readers stop before it.
inline constexpr std::size_t kRecordHeaderBytes = 64;
inline constexpr std::size_t kRecordPayloadLimitBytes = std::size_t{1} << 20;

enum class RecordType : std::uint16_t {
  kStream = 1,  ///< defines a stream: output (1 byte), phase (1 byte), name of the service
  kData = 2,    ///< bytes of a stream
  kEnd = 3,     ///< a stream has ended; an unfinished line is finished by it
};

struct RecordHeader {
  /// Flags. The first byte of a kData record goes on with the line `open_sequence`.
  static constexpr std::uint16_t kContinuesLine = 1;
  /// A kData record that is hitch's remark on the log itself.
  static constexpr std::uint16_t kNotice = 2;

  RecordType type = RecordType::kData;
  std::uint16_t flags = 0;
  std::uint32_t length = 0;  ///< bytes of payload
  StreamId stream{};
  std::uint32_t lines = 0;           ///< how many lines begin in the payload
  std::uint64_t first_sequence = 0;  ///< of the first of them; the others count on from it
  std::uint64_t open_sequence = 0;   ///< with kContinuesLine: of the line that goes on
  LogTimes times{};

  std::uint64_t size() const noexcept { return kRecordHeaderBytes + length; }
};

using RawRecordHeader = std::array<char, kRecordHeaderBytes>;

RawRecordHeader encode_header(const RecordHeader& header) noexcept;
/// @return nothing if the bytes are no header: wrong magic, checksum, type or length
std::optional<RecordHeader> decode_header(std::span<const char, kRecordHeaderBytes> raw) noexcept;

/// The payload of a kStream record.
std::string encode_stream_key(const StreamKey& key);
std::optional<StreamKey> decode_stream_key(std::string_view payload);

}  // namespace hitch
