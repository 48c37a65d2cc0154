#include <csignal>

#include "bench/rows.h"
#include "fixture_programs/fixture.h"

namespace hitch::bench {

namespace {

constexpr int kServices = 50;
constexpr long kSettle = 1000;

/// How often the threads of a process have gone to sleep or been interrupted.
double switches_of(pid_t pid) {
  double total = 0;
  const auto tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const auto status = read_file(task.path() / "status");
    total += number_behind(status, "voluntary_ctxt_switches:");
    total += number_behind(status, "nonvoluntary_ctxt_switches:");
  }
  return total;
}

}  // namespace

void measure_footprint(const Settings& settings, Table& table) {
  const auto bundle = make_bundle(settings, "footprint", services_that_print(settings, kServices));
  Samples resident, proportional, of_init, wake_ups;
  for (int round = 0; round < settings.rounds(5); ++round) {
    auto started = Watched::start(hitch_run(settings, bundle));
    started.read_until("READY");
    fixture::sleep_ms(kSettle);
    const pid_t hitch = started.process.pid(), init = only_child(hitch);
    const std::filesystem::path proc = "/proc/" + std::to_string(hitch);
    constexpr double kKibPerMib = 1024;
    resident.add(number_behind(read_file(proc / "status"), "VmRSS:") / kKibPerMib);
    proportional.add(number_behind(read_file(proc / "smaps_rollup"), "Pss:") / kKibPerMib);
    of_init.add(number_behind(read_file("/proc/" + std::to_string(init) + "/status"), "VmRSS:") /
                kKibPerMib);
    const double before = switches_of(hitch) + switches_of(init);
    fixture::sleep_ms(settings.quick ? 2000 : 5000);
    wake_ups.add(switches_of(hitch) + switches_of(init) - before);
    started.process.signal(SIGTERM);
    started.process.expect(128 + SIGTERM);
  }
  const auto mib = Unit::kMebibytes;
  table.state("50 services, supervisor's VmRSS", mib, resident, Bar::at_most_value(8));
  table.state("50 services, supervisor's PSS", mib, proportional, Bar::none());
  table.state("50 services, init's VmRSS", mib, of_init, Bar::none());
  table.state(std::string("50 services, wake-ups of supervisor and init in ") +
                  (settings.quick ? "2" : "5") + " s of idleness",
              Unit::kCount, wake_ups, Bar::at_most_value(0));
}

}  // namespace hitch::bench
