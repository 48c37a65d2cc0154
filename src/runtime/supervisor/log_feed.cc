#include "runtime/supervisor/log_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/logs/cursor.h"
#include "runtime/logs/json_record.h"

namespace hitch {

namespace {

/// A longer line comes in pieces: as JSON each may be six times as long.
constexpr std::size_t kLineCapBytes = std::size_t{64} << 10;

class StoreFeed final : public LogFeed {
 public:
  StoreFeed(asio::any_io_executor executor, LogStore* log, CursorOptions options)
      : cursor_(log->file(), std::move(options)),
        appended_(std::move(executor)),
        subscription_(log->subscribe([this] { appended_.wake_all(); })) {}

  Result<std::optional<std::string>> next() override {
    HITCH_TRY(const auto line, cursor_.next());
    if (!line) return std::optional<std::string>();
    std::string record;
    append_json_record(*line, {}, record);
    return std::optional(std::move(record));
  }
  Task<Done> more() override { return appended_.wait(); }

 private:
  LogCursor cursor_;
  Event appended_;
  Subscription subscription_;
};

Result<LogFilter> filter_of(std::span<const std::string_view> services, LogWish wish) {
  LogFilter filter;
  for (const auto& name : wish.services) {
    const bool is_known = std::find(services.begin(), services.end(), name) != services.end();
    if (!is_known && name != kHitchService) return unknown_in_log("service", name, services);
  }
  filter.services = std::move(wish.services);
  for (const auto& name : wish.phases) {
    HITCH_TRY(const Phase phase, phase_named(name));
    filter.phases.push_back(phase);
  }
  if (wish.stream.empty()) return filter;
  HITCH_TRY(filter.output, output_named(wish.stream));
  return filter;
}

}  // namespace

Error unknown_in_log(std::string_view what, const std::string& name,
                     std::span<const std::string_view> known) {
  auto error = Error::because(
      "there is no " + std::string(what) + ' ' + in_quotes(name) + " in a log", Kind::kUsage);
  if (const auto nearest = nearest_spelling(name, known)) {
    return std::move(error).with_hint("did you mean '" + *nearest + "'?");
  }
  return error;
}

Result<Phase> phase_named(const std::string& name) {
  const auto found = std::find(kPhaseNames.begin(), kPhaseNames.end(), name);
  if (found == kPhaseNames.end()) return unknown_in_log("phase", name, kPhaseNames);
  return static_cast<Phase>(found - kPhaseNames.begin());
}

Result<OutputStream> output_named(const std::string& name) {
  constexpr std::array<std::string_view, 2> kStreams{"out", "err"};
  const auto found = std::find(kStreams.begin(), kStreams.end(), name);
  if (found == kStreams.end()) return unknown_in_log("stream", name, kStreams);
  return found == kStreams.begin() ? OutputStream::kOut : OutputStream::kErr;
}

Result<std::shared_ptr<LogFeed>> feed_from(asio::any_io_executor executor, LogStore* log,
                                           std::span<const std::string_view> services,
                                           LogWish wish) {
  CursorOptions options;
  options.line_cap_bytes = kLineCapBytes;
  if (wish.only_new) options.start.offset = log->end();
  HITCH_TRY(options.filter, filter_of(services, std::move(wish)));
  return std::shared_ptr<LogFeed>(
      std::make_shared<StoreFeed>(std::move(executor), log, std::move(options)));
}

}  // namespace hitch
