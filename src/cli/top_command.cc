#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/live_run.h"
#include "cli/raw_terminal.h"
#include "cli/signals_taken.h"
#include "cli/top_screen.h"
#include "runtime/base/deadline.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

struct TopOptions {
  std::string interval = "1s";
  long count = 0;  ///< 0: until the bundle has ended
};

constexpr std::array kTaken{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};

/// Whether the caller's locale says that its terminal knows Unicode. locale(7)
bool knows_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text = value;
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos;
  }
  return false;
}

/// Whether there is a terminal to draw on: one that obeys control sequences, and whose foreground
/// this is. Others are stopped when they change its settings. tcsetattr(3), "SIGTTOU"
bool has_screen() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return false;
  const char* term = std::getenv("TERM");
  const std::string_view kind = term == nullptr ? "" : term;
  return !kind.empty() && kind != "dumb" && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

/// The other screen of a terminal, without a cursor, for as long as it lives.
class OtherScreen {
 public:
  explicit OtherScreen(Context& context) : context_(context) {
    print(context_, "\x1b[?1049h\x1b[?25l");
  }
  OtherScreen(const OtherScreen&) = delete;
  OtherScreen& operator=(const OtherScreen&) = delete;
  ~OtherScreen() { print(context_, "\x1b[?25h\x1b[?1049l"); }

  void show(const std::vector<std::string>& lines) {
    std::string text = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += lines[i] + "\x1b[K";
      if (i + 1 < lines.size()) text += "\r\n";
    }
    print(context_, text + "\x1b[J");
  }

 private:
  Context& context_;
};

/// `hitch top` on a terminal.
class LiveTop {
 public:
  LiveTop(TopSampler& sampler, const TopOptions& options, Milliseconds interval, Context& context)
      : sampler_(sampler), options_(options), interval_(interval), context_(context) {
    view_.blocks = knows_unicode();
    view_.colors = color_mode_for(context, STDOUT_FILENO) == ColorMode::kAlways;
  }

  Status run() {
    const SignalsTaken signals(kTaken);
    const RawTerminal raw(STDIN_FILENO);
    OtherScreen screen(context_);
    for (long taken = 0; !ends_; ++taken) {
      auto sample = sampler_.take();
      if (!sample && sampler_.ended()) return Done{};
      HITCH_TRY(sample_, std::move(sample));
      // The first one knows no percentages yet: it is not one of those that are counted.
      if (options_.count > 0 && taken >= options_.count) return Done{};
      const auto next = Deadline::in(interval_);
      do {
        draw(screen);
        wait(signals, next);
      } while (!ends_ && !next.passed());
    }
    return Done{};
  }

  /// The signal that ended it, or 0.
  int ended_by() const noexcept { return ended_by_; }

 private:
  void draw(OtherScreen& screen) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
      view_.rows = size.ws_row;
      view_.columns = size.ws_col;
    }
    screen.show(screen_lines(sample_, view_));
  }

  /// Until something asks for another picture.
  void wait(const SignalsTaken& signals, const Deadline& next) {
    std::array<pollfd, 2> waited{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                  {.fd = signals.fd(), .events = POLLIN, .revents = 0}}};
    if (::poll(waited.data(), waited.size(), static_cast<int>(next.left().count())) <= 0) return;
    if (waited[0].revents != 0) take_key();
    if (const int signal = signals.take(); signal != 0 && signal != SIGWINCH) {
      ended_by_ = signal;
      ends_ = true;
    }
  }

  void take_key() {
    constexpr char kControlC = 3, kControlD = 4;
    char key = 0;
    // A terminal that has gone says so by an end of file.
    if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == kControlC || key == kControlD) {
      ends_ = true;
    } else if (key == 'r') {
      view_.is_reversed = !view_.is_reversed;
    } else if (key == 'c') {
      view_.order = TopOrder::kCpu;
    } else if (key == 'm') {
      view_.order = TopOrder::kMemory;
    } else if (key == 'n') {
      view_.order = TopOrder::kName;
    } else if (key == 'f') {
      view_.order = TopOrder::kFile;
    }
  }

  TopSampler& sampler_;
  const TopOptions& options_;
  Milliseconds interval_;
  Context& context_;
  TopView view_;
  TopSample sample_;
  bool ends_ = false;
  int ended_by_ = 0;
};

/// `hitch top` into a file or a pipe: one table an interval.
Status print_samples(TopSampler& sampler, const TopOptions& options, Milliseconds interval,
                     Context& context) {
  for (long taken = 0; options.count == 0 || taken <= options.count; ++taken) {
    auto sample = sampler.take();
    if (!sample && sampler.ended()) return Done{};
    if (!sample) return std::move(sample).error();
    if (taken > 0) {  // the first one knows no percentages yet
      const bool is_json = context.format == OutputFormat::kJson;
      const std::string gap = taken > 1 ? "\n" : "";
      print(context, is_json ? sample_json(*sample) : gap + sample_text(*sample));
      if (context.exit_code != 0) return Done{};  // nobody reads it any more
    }
    if (options.count == 0 || taken < options.count) {
      (void)::poll(nullptr, 0, static_cast<int>(interval.count()));  // a signal ends us anyway
    }
  }
  return Done{};
}

Status run_top(const TopOptions& options, Context& context) {
  const auto interval = parse_duration(options.interval);
  constexpr Milliseconds kShortest(100), kLongest(3600 * 1000);
  if (!interval || *interval < kShortest || *interval > kLongest) {
    return Error::because(in_quotes(options.interval) + " is not a time between 100ms and 1h",
                          Kind::kUsage)
        .with_hint("for example 500ms, 2s");
  }
  if (options.count < 0) return Error::because("--count has to be positive", Kind::kUsage);
  HITCH_TRY(auto client, connect_to_bundle(context));
  TopSampler sampler(client);
  if (context.format != OutputFormat::kText || !has_screen()) {
    return print_samples(sampler, options, *interval, context);
  }
  LiveTop live(sampler, options, *interval, context);
  HITCH_CHECK(live.run());
  // Now that the terminal is as it was, the signal does what it does to everybody.
  if (live.ended_by() != 0) (void)::raise(live.ended_by());
  return Done{};
}

}  // namespace

void add_top_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<TopOptions>();  // lives as long as the callback
  CLI::App* top = app.add_subcommand("top", "Watch what the services of a bundle use");
  top->add_option("-i,--interval", options->interval, "Time between two looks; 1s")
      ->type_name("TIME");
  top->add_option("-n,--count", options->count, "End after so many; until the bundle has ended")
      ->type_name("NUMBER");
  top->callback([options, &context] {
    const auto status = run_top(*options, context);
    if (!status) report_failure(context, status.error());
  });
}

}  // namespace hitch
