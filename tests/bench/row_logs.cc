#include <fcntl.h>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// One way to write: so many pieces of a size.
struct Load {
  std::string name;
  std::size_t piece_bytes = 0;
  std::size_t pieces = 0;

  std::size_t bytes() const { return piece_bytes * pieces; }
  double megabytes_per_second(Span took) const {
    return static_cast<double>(bytes()) / 1e6 / (took / 1e3);
  }
  std::vector<std::string> argv(const Settings& settings) const {
    return {settings.fixture("bench_writer"), std::to_string(piece_bytes), std::to_string(pieces)};
  }
};

/// hitch's whole life, from its start to its exit, the log stored.
double through_hitch(const Settings& settings, const Load& load,
                     const std::filesystem::path& base) {
  const auto argv = load.argv(settings);
  const auto bundle = make_bundle(settings, "logs",
                                  "services:\n  Writer: {kind: task, command: [" + argv[0] +
                                      ", \"" + argv[1] + "\", \"" + argv[2] + "\"]}\n");
  const Span took = time_to_exit(hitch_run(settings, bundle, {"-q"}));
  if (take_log_size(base) < load.bytes()) throw BenchError("lines are missing from the log");
  return load.megabytes_per_second(took);
}

/// The writer's output through a pipe to cat, and from there into `sink`.
double through_cat(const Settings& settings, const Load& load, const std::filesystem::path& sink) {
  const Stopwatch watch;
  const auto file = open_file(sink, O_WRONLY | O_CREAT);
  auto pipe = make_pipe();
  auto writer = Running::start({.argv = load.argv(settings), .out = pipe.write_end.get()});
  auto cat = Running::start({.argv = {"cat"}, .in = pipe.read_end.get(), .out = file.get()});
  pipe = {};
  writer.expect(0);
  cat.expect(0);
  const Span took = watch.elapsed();
  if (sink != "/dev/null") std::filesystem::remove(sink);
  return load.megabytes_per_second(took);
}

void measure_load(const Settings& settings, Table& table, const Load& load,
                  const std::filesystem::path& base, const Bar& bar_of_cat, const Bar& bar) {
  put_state_into(base);
  std::filesystem::remove_all(base / "state");
  const auto samples =
      take_turns(settings.rounds(10), {[&] { return through_hitch(settings, load, base); },
                                       [&] { return through_cat(settings, load, "/dev/null"); },
                                       [&] { return through_cat(settings, load, base / "cat"); }});
  const std::string what = "log, " + load.name + ", stored on " + file_system_of(base);
  const auto unit = Unit::kMegabytesPerSecond;
  table.compare(what, unit, samples[0], "cat >/dev/null", samples[1], bar_of_cat);
  table.compare(what, unit, samples[0], "cat >file", samples[2], bar);
}

}  // namespace

void measure_logs(const Settings& settings, Table& table) {
  const std::size_t share = settings.quick ? 4 : 1;
  const Load lines{"100-byte lines, one write each", 100, 2'000'000 / share};
  const Load blocks{"4 KiB writes", 4096, 200'000 / share};
  for (const auto& base : {settings.memory, settings.disk}) {
    if (base.empty()) continue;
    measure_load(settings, table, lines, base, Bar::ratio_at_least(0.9), Bar::none());
    measure_load(settings, table, blocks, base, Bar::at_least_value(700), Bar::none());
  }
}

}  // namespace hitch::bench
