#include "cli/log_tail.h"

#include "cli/log_watch.h"

namespace hitch {

namespace {

/// So many lines are taken between two looks at the clock.
constexpr std::uint64_t kLinesPerLook = 1024;

class Tail {
 public:
  Tail(const LogSource& source, const TailOptions& options, LineSink& sink)
      : source_(source),
        options_(options),
        sink_(sink),
        watch_(source.run, options.output, options.input),
        cursor_(source.file, options.cursor) {}

  Result<TailEnd> run() { return options_.follow ? follow() : read_present(); }

 private:
  enum class Step { kNoMore, kEnough, kTimeout };

  Result<TailEnd> follow();
  Result<TailEnd> read_present();
  Result<Step> take_up_to(std::uint64_t end);
  Result<bool> take_unfinished();
  Status check_tail(Lease lease);

  const LogSource& source_;
  const TailOptions& options_;
  LineSink& sink_;
  LogWatch watch_;  // before the first look at the log: what comes in between is announced
  LogCursor cursor_;
};

Result<TailEnd> Tail::follow() {
  constexpr auto kEverything = ~std::uint64_t{0};
  for (;;) {
    const Lease lease = watch_.lease();  // before reading: what a run wrote last is then seen
    if (watch_.input_has_ended()) return read_present();
    const auto before = cursor_.offset();
    HITCH_TRY(const auto step, take_up_to(kEverything));
    if (step == Step::kEnough) return TailEnd::kEnough;
    if (lease != Lease::kHeld) {
      HITCH_TRY(const bool wants_more, take_unfinished());
      if (!wants_more) return TailEnd::kEnough;
      HITCH_CHECK(check_tail(lease));
      return lease == Lease::kAbandoned ? TailEnd::kRunKilled : TailEnd::kRunEnded;
    }
    if (cursor_.offset() != before) watch_.saw_something();
    HITCH_TRY(const bool wants_more, sink_.pause(cursor_));
    if (!wants_more) return TailEnd::kEnough;
    if (step == Step::kTimeout) return TailEnd::kTimeout;
    if (options_.deadline && options_.deadline->passed()) return TailEnd::kTimeout;
    if (watch_.wait(options_.deadline) == LogWatch::Wake::kReaderGone) return TailEnd::kReaderGone;
  }
}

/// What comes while we read is not waited for: a service may write faster than we do.
Result<TailEnd> Tail::read_present() {
  const Lease lease = watch_.lease();
  HITCH_TRY(const auto end, source_.file->end());
  HITCH_TRY(const auto step, take_up_to(end));
  if (step == Step::kEnough) return TailEnd::kEnough;
  HITCH_TRY(const bool wants_more, take_unfinished());
  if (!wants_more) return TailEnd::kEnough;
  HITCH_CHECK(check_tail(lease));
  return TailEnd::kAllRead;
}

Result<Tail::Step> Tail::take_up_to(std::uint64_t end) {
  for (std::uint64_t count = 1; cursor_.offset() < end; ++count) {
    auto line = cursor_.next();
    if (!line) {  // damage: what was begun before it is readable
      HITCH_TRY(const bool wants_more, take_unfinished());
      (void)wants_more;
      return std::move(line).error();
    }
    if (!*line) break;
    HITCH_TRY(const bool wants_more, sink_.take(**line));
    if (!wants_more) return Step::kEnough;
    if (!options_.deadline || count % kLinesPerLook != 0) continue;
    if (options_.deadline->passed()) return Step::kTimeout;
  }
  return Step::kNoMore;
}

Result<bool> Tail::take_unfinished() {
  while (const auto line = cursor_.next_unfinished()) {
    HITCH_TRY(const bool wants_more, sink_.take(*line));
    if (!wants_more) return false;
  }
  return true;
}

/// Nobody will complete the last record of a run that is over.
Status Tail::check_tail(Lease lease) {
  HITCH_TRY(const auto end, source_.file->end());
  if (lease == Lease::kHeld || cursor_.offset() >= end) return Done{};
  return source_.file->damaged_at(cursor_.offset(), "its last record is cut off");
}

}  // namespace

Result<TailEnd> tail_log(const LogSource& source, const TailOptions& options, LineSink& sink) {
  return Tail(source, options, sink).run();
}

}  // namespace hitch
