#include "runtime/client/log_reader.h"

#include <limits>

namespace hitch {

namespace {

using client::Line;
using client::Stream;

// A test wants its lines whole: what it waits for may be in a very long one.
constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max() / 4;

template <typename Clock>
std::chrono::time_point<Clock> at(std::chrono::nanoseconds since) {
  return std::chrono::time_point<Clock>(
      std::chrono::duration_cast<typename Clock::duration>(since));
}

Line line_of(const LogLine& line) {
  return {std::string(line.text),
          line.key->service,
          line.key->output == OutputStream::kErr ? Stream::kErr : Stream::kOut,
          static_cast<client::Phase>(line.key->phase),
          line.sequence,
          at<std::chrono::system_clock>(line.times.wall),
          at<std::chrono::system_clock>(line.times.bundle),
          at<std::chrono::steady_clock>(line.times.monotonic)};
}

static_assert(static_cast<int>(client::Phase::kSetup) == static_cast<int>(hitch::Phase::kSetup));
static_assert(static_cast<int>(client::Phase::kHitch) == static_cast<int>(hitch::Phase::kHarness));

}  // namespace

LogReader::LogReader(std::shared_ptr<LogFile> file, LogFilter filter, LogPosition start)
    : cursor_(std::move(file), {std::move(filter), start, kWhole, kWhole}) {}

Result<std::optional<Line>> LogReader::next() {
  HITCH_TRY(const auto line, cursor_.next());
  if (!line) return std::optional<Line>();
  return std::optional(line_of(*line));
}

std::vector<Line> LogReader::unfinished() const {
  std::vector<Line> lines;
  cursor_.peek_unfinished([&](const LogLine& line) { lines.push_back(line_of(line)); });
  return lines;
}

LogFilter filter_of(const std::string& service, std::optional<client::Stream> stream,
                    std::optional<client::Phase> phase) {
  LogFilter filter;
  if (!service.empty()) filter.services = {service};
  if (stream)
    filter.output = *stream == client::Stream::kErr ? OutputStream::kErr : OutputStream::kOut;
  if (phase) filter.phases = {static_cast<hitch::Phase>(*phase)};
  return filter;
}

}  // namespace hitch
