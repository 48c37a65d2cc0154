#include <deque>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// Starts so many at once and waits for all.
/// @return how many a second
double at_once(int count, const Command& command) {
  const Stopwatch watch;
  std::deque<Running> all;
  for (int i = 0; i < count; ++i) all.push_back(Running::start(command));
  for (auto& one : all) one.expect(0);
  return count / (watch.elapsed() / 1e3);
}

}  // namespace

void measure_parallel(const Settings& settings, Table& table) {
  const int count = 100;
  const auto bundle = make_bundle(settings, "parallel", "services: {}\n");
  const auto hitch = hitch_run(settings, bundle, {"-q", "--", "true"});
  const auto samples =
      take_turns(settings.rounds(15), {[&] { return at_once(count, hitch); },
                                       [&] { return at_once(count, unshare_run({"true"})); },
                                       [&] { return at_once(count, bwrap_run({"true"})); }});
  const std::string what = "100 empty bundles at once, all succeed";
  table.compare(what, Unit::kPerSecond, samples[0], "unshare", samples[1]);
  table.compare(what, Unit::kPerSecond, samples[0], "bwrap", samples[2]);
}

}  // namespace hitch::bench
