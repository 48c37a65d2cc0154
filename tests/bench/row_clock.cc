#include <csignal>
#include <cstdlib>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// A bundle that stays, with a clock of its own or without.
class Bundle {
 public:
  Bundle(const Settings& settings, const std::string& name, const std::string& content)
      : hitch_(settings.hitch),
        directory_(make_bundle(settings, name, content)),
        running_(Watched::start(hitch_run(settings, directory_))) {
    running_.read_until("READY");
  }
  /// `hitch WORDS…` for this bundle.
  Command command(std::vector<std::string> words) const {
    words.insert(words.begin(), hitch_);
    return {.argv = std::move(words), .directory = directory_};
  }
  Command exec(const std::string& service, std::vector<std::string> words) const {
    words.insert(words.begin(), {"exec", service, "--"});
    return command(std::move(words));
  }
  const Watched& running() const noexcept { return running_; }
  void end() {
    running_.process.signal(SIGTERM);
    running_.process.expect(128 + SIGTERM);
  }

 private:
  std::string hitch_;
  std::filesystem::path directory_;
  Watched running_;
};

/// What a program says that measures itself: one number, behind `mark`.
std::function<Span()> saying(const Command& command, const std::string& mark = "") {
  return [command, mark] { return number_behind(output_of(command), mark); };
}

/// As a user would start it: libfaketime with a setting that can change while programs run.
Command with_faketime(const Settings& settings, std::vector<std::string> words) {
  const auto file = settings.disk / "faketime";
  write_file(file, "+86400\n");
  std::vector<std::string> argv{"env",
                                "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                "FAKETIME_TIMESTAMP_FILE=" + file.native(),
                                "FAKETIME_NO_CACHE=1",
                                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                                "FAKETIME_FORCE_MONOTONIC_FIX=0"};
  argv.insert(argv.end(), words.begin(), words.end());
  return {.argv = std::move(argv)};
}

void compare_reads(const Settings& settings, Table& table, const Bundle& clocked) {
  const std::vector<std::string> reads{settings.fixture("clock_reader"), "reads"};
  const auto samples =
      take_turns(settings.rounds(30), {saying(clocked.exec("S1", reads)), saying({.argv = reads}),
                                       saying(with_faketime(settings, reads))});
  const std::string what = "clock, one reading of a day ahead";
  table.compare(what, Unit::kNanoseconds, samples[0], "the machine's", samples[1],
                Bar::ratio_at_most(1.5));
  table.compare(what, Unit::kNanoseconds, samples[0], "libfaketime", samples[2]);
}

void compare_starts(const Settings& settings, Table& table, const Bundle& clocked,
                    const Bundle& plain, const std::string& program, const char* kind, double bar) {
  const std::vector<std::string> starts{settings.fixture("clock_reader"), "starts", "200", program};
  const auto samples =
      take_turns(settings.rounds(20), {saying(clocked.exec("S1", starts)), saying({.argv = starts}),
                                       saying(plain.exec("S1", starts))});
  const std::string what = std::string("clock, fork and exec of a ") + kind + " program";
  const auto unit = Unit::kMicroseconds;
  table.compare(what, unit, samples[0], "no hitch", samples[1], Bar::ratio_at_most(bar));
  table.compare(what, unit, samples[0], "bundle without a clock", samples[2]);
}

/// From the start of `hitch time travel` until the last of a hundred processes has seen it.
void measure_travel(const Settings& settings, Table& table) {
  Bundle bundle(settings, "clock-watch",
                "clock: {}\nservices:\n  Watch: {command: [" + settings.fixture("clock_reader") +
                    ", watch, '100'], ready: {log: watching}}\n");
  Samples call, seen;
  for (int round = 0; round < settings.rounds(50); ++round) {
    const Stopwatch watch;
    call.add(time_to_exit(bundle.command({"time", "travel", "--days", "1"})));
    (void)bundle.running().read_until("seen");
    seen.add(watch.elapsed());
  }
  bundle.end();
  table.state("clock, `hitch time travel`, start to exit", Unit::kMilliseconds, call, Bar::none());
  table.state("clock, the same until 100 processes have seen it, that look every 4 ms",
              Unit::kMilliseconds, seen, Bar::none());
}

void compare_programs(const Settings& settings, Table& table, const std::string& what,
                      const std::string& recipe, const std::vector<std::string>& prepare,
                      const std::vector<std::string>& measure, const std::string& mark) {
  const std::string services = "services:\n  S1: {recipe: " + recipe + "}\n";
  Bundle clocked(settings, "clock-" + recipe, "clock: {}\n" + services);
  Bundle plain(settings, "plain-" + recipe, services);
  for (const auto* bundle : {&clocked, &plain}) {
    if (!prepare.empty()) (void)output_of(bundle->exec("S1", prepare));
  }
  (void)output_of(clocked.command({"time", "travel", "--days", "1"}));
  const auto samples = take_turns(settings.rounds(15), {saying(clocked.exec("S1", measure), mark),
                                                        saying(plain.exec("S1", measure), mark)});
  clocked.end();
  plain.end();
  table.compare(what, Unit::kPerSecond, samples[0], "bundle without a clock", samples[1],
                Bar::ratio_at_least(0.95));
}

}  // namespace

void measure_clock(const Settings& settings, Table& table) {
  {
    const auto services = services_that_print(settings, 1);
    Bundle clocked(settings, "clocked", "clock: {}\n" + services);
    Bundle plain(settings, "plain", services);
    (void)output_of(clocked.command({"time", "travel", "--days", "1"}));
    compare_reads(settings, table, clocked);
    compare_starts(settings, table, clocked, plain, "/bin/true", "dynamic", 1.3);
    compare_starts(settings, table, clocked, plain, settings.fixture("static_true"), "static", 2);
    clocked.end();
    plain.end();
  }
  measure_travel(settings, table);
  compare_programs(settings, table, "clock, redis-benchmark GET", "redis", {},
                   {"redis-benchmark", "--csv", "-t", "get", "-n", "50000"}, "\"GET\",\"");
  compare_programs(settings, table, "clock, pgbench -S -c 4", "postgres",
                   {"pgbench", "-i", "-q", "-s", "1"},
                   {"pgbench", "-S", "-n", "-c", "4", "-T", "2"}, "tps = ");
}

}  // namespace hitch::bench
