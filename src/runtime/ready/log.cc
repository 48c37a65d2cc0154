#include "runtime/ready/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <utility>

#include "runtime/base/deadline.h"
#include "runtime/logs/cursor.h"

namespace hitch {

namespace {

/// How long lines are looked at before others have their turn: one service's flood must not keep
/// the loop from the rest.
constexpr std::chrono::microseconds kTurn{1000};

enum class Scan { kEnough, kAllRead, kTurnIsOver };

/// Counts the lines that match.
class LineCounter {
 public:
  /// @param prompts  whether a line that is not finished yet may count: what holds a text goes on
  ///                 holding it, but a pattern or JSON may become another one
  LineCounter(LineMatch match, int times, bool prompts)
      : match_(std::move(match)), left_(times), prompts_(prompts) {}

  /// Reads lines until enough have matched, or there are no more, or the turn is over.
  Result<Scan> read(LogCursor& cursor) {
    const auto end = Clock::now() + kTurn;
    for (;;) {
      HITCH_TRY(const auto line, cursor.next());
      if (!line) return prompts_satisfy(cursor) ? Scan::kEnough : Scan::kAllRead;
      HITCH_CHECK(take(*line));
      if (left_ <= 0) return Scan::kEnough;
      if (Clock::now() >= end) return Scan::kTurnIsOver;
    }
  }

 private:
  bool was_counted(const LogLine& line) const {
    const auto counted = line.continued ? counted_.find(line.stream) : counted_.end();
    return counted != counted_.end() && counted->second == line.sequence;
  }

  bool prompts_satisfy(const LogCursor& cursor) {
    if (!prompts_) return false;
    int matching = 0;
    cursor.peek_unfinished([&](const LogLine& line) {
      if (line.notice || was_counted(line)) return;
      const auto matched = match_.matches(line.text);
      if (matched && *matched) ++matching;  // a prompt is a text, which cannot fail
    });
    return matching >= left_;
  }

  Status take(const LogLine& line) {
    if (line.notice || was_counted(line)) return Done{};  // the pieces of one line count once
    HITCH_TRY(const bool matched, match_.matches(line.text));
    if (!matched) return Done{};
    --left_;
    if (line.continues) counted_[line.stream] = line.sequence;
    return Done{};
  }

  LineMatch match_;
  int left_;
  bool prompts_;
  std::map<StreamId, std::uint64_t> counted_;  ///< the line whose beginning has matched
};

CursorOptions options_of(const LogReady& log, const ReadyTarget& target) {
  CursorOptions options;
  options.start = target.log_start();
  options.filter.services = {target.service()};
  options.filter.phases = {Phase::kRun};
  if (log.stream == Stream::kOut) options.filter.output = OutputStream::kOut;
  if (log.stream == Stream::kErr) options.filter.output = OutputStream::kErr;
  return options;
}

}  // namespace

Result<LineMatch> compile_match(const LogReady& log) {
  switch (log.match) {
    case LogReady::Match::kRegex:
      return LineMatch::regex(log.pattern);
    case LogReady::Match::kJson:
      return LineMatch::json(log.pattern);
    case LogReady::Match::kText:
      break;
  }
  return LineMatch::text(log.pattern);
}

Task<Done> wait_for_log(const LogReady* log, ReadyTarget* target) {
  HITCH_CO_TRY(auto match, compile_match(*log));
  const auto executor = co_await asio::this_coro::executor;
  Event appended(executor);
  const auto wake = [&appended] { appended.wake_all(); };
  const Subscription subscription = target->on_log(wake);
  const bool prompts = log->match == LogReady::Match::kText;
  LineCounter counter(std::move(match), log->times, prompts);
  LogCursor cursor(target->log(), options_of(*log, *target));
  for (;;) {
    auto scan = counter.read(cursor);
    if (!scan) co_return std::move(scan).error().within("wait for a line");
    if (*scan == Scan::kEnough) co_return Done{};
    if (*scan == Scan::kTurnIsOver) {
      co_await asio::post(executor, asio::use_awaitable);
    } else {
      HITCH_CO_CHECK(co_await appended.wait());
    }
  }
}

}  // namespace hitch
