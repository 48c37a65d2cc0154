#include <csignal>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

constexpr int kServices = 50;
/// The library that hitch succeeds took this long to start fifty such services; hitch wants to be
/// fifteen times as fast.
constexpr double kPredecessorMs = 430, kTimesFaster = 15;

}  // namespace

void measure_services(const Settings& settings, Table& table) {
  const auto hitch = hitch_run(
      settings, make_bundle(settings, "services", services_that_print(settings, kServices)));
  const Command plain{.argv = {settings.fixture("plain_start"), std::to_string(kServices),
                               settings.fixture("echo_lines"), "--text", "up", "--stay"}};
  Samples hitch_stop, plain_stop;
  const auto side = [](const Command& command, int code, Samples& stop) {
    return [&command, code, &stop] {
      const auto took = start_and_stop(command, {.code = code});
      stop.add(took.stop);
      return took.start;
    };
  };
  const auto start = take_turns(
      settings.rounds(40), {side(hitch, 128 + SIGTERM, hitch_stop), side(plain, 0, plain_stop)});
  table.compare("50 services, start to READY", Unit::kMilliseconds, start[0], "fork and exec",
                start[1], Bar::at_most_value(kPredecessorMs / kTimesFaster));
  table.compare("50 services, stop", Unit::kMilliseconds, hitch_stop, "SIGTERM and wait",
                plain_stop);
}

}  // namespace hitch::bench
