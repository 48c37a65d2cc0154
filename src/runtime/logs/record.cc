#include "runtime/logs/record.h"

#include <time.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace hitch {

static_assert(std::endian::native == std::endian::little, "log records are little-endian");

namespace {

constexpr std::uint32_t kMagic = 0x31474c48;  // "HLG1": the digit is the version of the layout

/// Where things are in a header, in bytes.
enum Offset : std::size_t {
  kMagicAt = 0,
  kChecksumAt = 4,
  kLengthAt = 8,
  kTypeAt = 12,
  kFlagsAt = 14,
  kStreamAt = 16,
  kLinesAt = 20,
  kFirstSequenceAt = 24,
  kOpenSequenceAt = 32,
  kWallAt = 40,
  kBundleAt = 48,
  kMonotonicAt = 56,
};

template <typename Value>
void put(RawRecordHeader& raw, Offset at, Value value) noexcept {
  std::memcpy(raw.data() + at, &value, sizeof value);
}

template <typename Value>
Value get(std::span<const char, kRecordHeaderBytes> raw, Offset at) noexcept {
  Value value;
  std::memcpy(&value, raw.data() + at, sizeof value);
  return value;
}

/// A 32-bit mix of all that follows the checksum: tells a header from anything else, at the price
/// of seven multiplications. It guards against accidents, not against people.
std::uint32_t checksum(std::span<const char, kRecordHeaderBytes> raw) noexcept {
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (std::size_t at = kLengthAt; at < kRecordHeaderBytes; at += sizeof state) {
    std::uint64_t word = 0;
    std::memcpy(&word, raw.data() + at, sizeof word);
    state = (state ^ word) * 0xff51afd7ed558ccd;
    state ^= state >> 32;
  }
  return static_cast<std::uint32_t>(state);
}

LogTimes::Nanoseconds read_clock(clockid_t clock) noexcept {
  timespec now{};
  (void)::clock_gettime(clock, &now);  // fails for unknown clocks only
  return std::chrono::seconds(now.tv_sec) + LogTimes::Nanoseconds(now.tv_nsec);
}

}  // namespace

LogTimes machine_times() {
  const auto wall = read_clock(CLOCK_REALTIME);
  return {.wall = wall, .bundle = wall, .monotonic = read_clock(CLOCK_MONOTONIC)};
}

bool LogFilter::matches(const StreamKey& key) const {
  const auto allows = [](const auto& wanted, const auto& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  };
  return allows(services, key.service) && allows(phases, key.phase) &&
         output.value_or(key.output) == key.output;
}

RawRecordHeader encode_header(const RecordHeader& header) noexcept {
  RawRecordHeader raw;
  put(raw, kMagicAt, kMagic);
  put(raw, kLengthAt, header.length);
  put(raw, kTypeAt, header.type);
  put(raw, kFlagsAt, header.flags);
  put(raw, kStreamAt, header.stream);
  put(raw, kLinesAt, header.lines);
  put(raw, kFirstSequenceAt, header.first_sequence);
  put(raw, kOpenSequenceAt, header.open_sequence);
  put(raw, kWallAt, std::int64_t{header.times.wall.count()});
  put(raw, kBundleAt, std::int64_t{header.times.bundle.count()});
  put(raw, kMonotonicAt, std::int64_t{header.times.monotonic.count()});
  put(raw, kChecksumAt, checksum(raw));
  return raw;
}

std::optional<RecordHeader> decode_header(std::span<const char, kRecordHeaderBytes> raw) noexcept {
  if (get<std::uint32_t>(raw, kMagicAt) != kMagic) return std::nullopt;
  if (get<std::uint32_t>(raw, kChecksumAt) != checksum(raw)) return std::nullopt;
  const auto type = get<std::uint16_t>(raw, kTypeAt);
  const auto length = get<std::uint32_t>(raw, kLengthAt);
  if (type < 1 || type > 3 || length > kRecordPayloadLimitBytes) return std::nullopt;
  const auto time = [&](Offset at) { return LogTimes::Nanoseconds(get<std::int64_t>(raw, at)); };
  return RecordHeader{
      .type = RecordType{type},
      .flags = get<std::uint16_t>(raw, kFlagsAt),
      .length = length,
      .stream = get<StreamId>(raw, kStreamAt),
      .lines = get<std::uint32_t>(raw, kLinesAt),
      .first_sequence = get<std::uint64_t>(raw, kFirstSequenceAt),
      .open_sequence = get<std::uint64_t>(raw, kOpenSequenceAt),
      .times = {time(kWallAt), time(kBundleAt), time(kMonotonicAt)},
  };
}

std::string encode_stream_key(const StreamKey& key) {
  std::string payload{static_cast<char>(key.output), static_cast<char>(key.phase)};
  return payload += key.service;
}

std::optional<StreamKey> decode_stream_key(std::string_view payload) {
  if (payload.size() < 2) return std::nullopt;
  const auto output = static_cast<unsigned char>(payload[0]);
  const auto phase = static_cast<unsigned char>(payload[1]);
  if (output > static_cast<unsigned char>(OutputStream::kErr)) return std::nullopt;
  if (phase > static_cast<unsigned char>(Phase::kHarness)) return std::nullopt;
  return StreamKey{std::string(payload.substr(2)), OutputStream{output}, Phase{phase}};
}

}  // namespace hitch
