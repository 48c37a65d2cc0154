#include "bench/rows.h"

namespace hitch::bench {

void measure_empty(const Settings& settings, Table& table) {
  const auto bundle = make_bundle(settings, "empty", "services: {}\n");
  const auto hitch = hitch_run(settings, bundle, {"-q", "--", "true"});
  const auto unshare = unshare_run({"true"});
  const auto bwrap = bwrap_run({"true"});
  // From the 21st run on each removes the record of an old one, and that is what people meet.
  constexpr int kMostRuns = 30;
  for (int i = 0; i < kMostRuns; ++i) (void)time_to_exit(hitch);
  const auto samples = take_turns(settings.rounds(200), {[&] { return time_to_exit(hitch); },
                                                         [&] { return time_to_exit(unshare); },
                                                         [&] { return time_to_exit(bwrap); }});
  const std::string what = "empty bundle, `hitch run -q -- true`";
  table.compare(what, Unit::kMilliseconds, samples[0], "unshare", samples[1],
                Bar::ratio_at_most(2));
  table.compare(what, Unit::kMilliseconds, samples[0], "bwrap", samples[2], Bar::ratio_at_most(1));
}

}  // namespace hitch::bench
