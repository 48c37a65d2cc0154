#include <csignal>

#include "bench/rows.h"
#include "fixture_programs/fixture.h"

namespace hitch::bench {

namespace {

/// Long enough for hitch to have sent its signals and to be waiting for a service that ignores
/// them.
constexpr long kIntoTheGrace = 50;

class StopBench {
 public:
  StopBench(const Settings& settings, int processes)
      : settings_(settings), processes_(std::to_string(processes)) {}

  /// SIGTERM to hitch; the service obeys, what it has started has to be killed.
  Span by_request() {
    auto bundle = start(spawning());
    const Stopwatch watch;
    bundle.process.signal(SIGTERM);
    bundle.process.expect(128 + SIGTERM);
    return watch.elapsed();
  }

  /// A second SIGTERM while all processes ignore the first.
  Span by_second_signal() {
    // In the directory of the program: a bundle sees nothing of /tmp but what its file names.
    auto bundle = start("[sh, -c, \"trap '' TERM; exec ./many_processes " + processes_ +
                        "\"], working_dir: " + settings_.fixtures.native());
    bundle.process.signal(SIGTERM);
    fixture::sleep_ms(kIntoTheGrace);
    if (bundle.process.has_ended()) throw BenchError("hitch did not wait for its service");
    const Stopwatch watch;
    bundle.process.signal(SIGTERM);
    bundle.process.expect(128 + SIGTERM);
    return watch.elapsed();
  }

  /// SIGKILL to hitch. The bundle's init has ended when all others have: the kernel kills them and
  /// waits for them first. pid_namespaces(7)
  Span by_death_of_supervisor() {
    auto bundle = start(spawning());
    const auto init = watch_process(only_child(bundle.process.pid()));
    const Stopwatch watch;
    bundle.process.signal(SIGKILL);
    await_end(init);
    const Span took = watch.elapsed();
    bundle.process.expect(128 + SIGKILL);
    reap_strays();
    return took;
  }

  /// The peer: as many processes in the same namespaces, whose first one is killed.
  Span unshare() {
    auto peer = Watched::start(unshare_run({program(), processes_}));
    peer.read_until("spawned");
    const pid_t first = only_child(peer.process.pid());
    const auto ended = watch_process(first);
    const Stopwatch watch;
    (void)::kill(first, SIGKILL);
    await_end(ended);
    const Span took = watch.elapsed();
    (void)peer.process.wait();
    return took;
  }

 private:
  std::string program() const { return settings_.fixture("many_processes"); }
  std::string spawning() const { return "[" + program() + ", \"" + processes_ + "\"]"; }

  Watched start(const std::string& command) const {
    const auto bundle =
        make_bundle(settings_, "stop",
                    "services:\n  Many: {command: " + command + ", ready: {log: spawned}}\n");
    auto started = Watched::start(hitch_run(settings_, bundle));
    started.read_until("READY");
    return started;
  }

  const Settings& settings_;
  std::string processes_;
};

}  // namespace

void measure_stop(const Settings& settings, Table& table) {
  const std::string peer = "SIGKILL to PID 1 of unshare";
  const int rounds = settings.rounds(20);
  StopBench thousand(settings, 1000), hundred(settings, 100);
  const auto of = [](Span (StopBench::*way)(), StopBench& bench) {
    return [way, &bench] { return (bench.*way)(); };
  };
  const auto large = take_turns(
      rounds,
      {of(&StopBench::by_request, thousand), of(&StopBench::by_second_signal, thousand),
       of(&StopBench::by_death_of_supervisor, thousand), of(&StopBench::unshare, thousand)});
  const auto small = take_turns(
      rounds, {of(&StopBench::by_death_of_supervisor, hundred), of(&StopBench::unshare, hundred)});
  const auto ms = Unit::kMilliseconds;
  table.compare("1000 processes, SIGTERM to hitch's exit", ms, large[0], peer, large[3],
                Bar::at_most_value(100));
  table.compare("1000 processes, second SIGTERM to exit", ms, large[1], peer, large[3],
                Bar::at_most_value(100));
  table.compare("1000 processes, SIGKILL of hitch until all are gone", ms, large[2], peer,
                large[3]);
  table.compare("100 processes, SIGKILL of hitch until all are gone", ms, small[0], peer, small[1],
                Bar::at_most_value(50));
}

}  // namespace hitch::bench
