#include <csignal>

#include "bench/echo_client.h"
#include "bench/rows.h"

namespace hitch::bench {

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;
constexpr std::size_t kTripBytes = 64;
constexpr double kMicrosPerMilli = 1e3;

/// The same server twice: in a bundle that publishes its port, and without hitch.
struct Servers {
  Watched hitch, plain;
  std::uint16_t published, direct;

  static Servers start(const Settings& settings) {
    const auto program = settings.fixture("echo_server");
    const auto bundle = make_bundle(settings, "proxy",
                                    "services:\n  Echo: {command: [" + program +
                                        ", \"7000\"], ready: listening, publish: [\"7000\"]}\n");
    auto hitch = Watched::start(hitch_run(settings, bundle));
    hitch.read_until("READY");
    const auto services = list_services(settings, bundle);
    auto plain = Watched::start({.argv = {program}});
    const auto said = plain.read_until("\n");
    const auto port = [](const std::string& text, const std::string& mark) {
      return static_cast<std::uint16_t>(number_behind(text, mark));
    };
    const auto published = port(services, "127.0.0.1:"), direct = port(said, "listening on ");
    return {std::move(hitch), std::move(plain), published, direct};
  }
  void stop() {
    hitch.process.signal(SIGTERM);
    hitch.process.expect(128 + SIGTERM);
    plain.process.signal(SIGTERM);
    (void)plain.process.wait();
  }
};

using Transfer = Span (EchoClient::*)(std::uint64_t);

void measure_bulk(const Settings& settings, Table& table, const Servers& servers,
                  const std::string& direction, Transfer transfer) {
  const std::uint64_t bytes = (settings.quick ? 256 : 1024) * kMebibyte;
  const auto through = [&](std::uint16_t port) {
    return [transfer, bytes, port] {
      EchoClient client(port);
      const Span took = (client.*transfer)(bytes);
      client.finish();
      return static_cast<double>(bytes) / 1e6 / (took / 1e3);
    };
  };
  const auto samples =
      take_turns(settings.rounds(10), {through(servers.published), through(servers.direct)});
  table.compare("published port, " + std::to_string(bytes / kMebibyte) + " MiB " + direction,
                Unit::kMegabytesPerSecond, samples[0], "loopback", samples[1]);
}

void measure_round_trips(const Settings& settings, Table& table, const Servers& servers) {
  EchoClient published(servers.published), direct(servers.direct);
  const auto through = [](EchoClient& client) {
    return [&client] { return client.round_trip(kTripBytes) * kMicrosPerMilli; };
  };
  const auto samples = take_turns(settings.rounds(20'000), {through(published), through(direct)});
  published.finish();
  direct.finish();
  const auto unit = Unit::kMicroseconds;
  table.compare("published port, 64 bytes there and back", unit, samples[0], "loopback",
                samples[1]);
  table.compare("published port, the same, 99th percentile", unit,
                Samples::of(samples[0].quantile(0.99)), "loopback",
                Samples::of(samples[1].quantile(0.99)));
}

void measure_connections(const Settings& settings, Table& table, const Servers& servers) {
  const auto through = [](std::uint16_t port) {
    return [port] {
      const Stopwatch watch;
      EchoClient client(port);
      (void)client.round_trip(1);
      client.finish();
      return watch.elapsed() * kMicrosPerMilli;
    };
  };
  const auto samples =
      take_turns(settings.rounds(2000), {through(servers.published), through(servers.direct)});
  table.compare("published port, connect, one byte there and back, close", Unit::kMicroseconds,
                samples[0], "loopback", samples[1]);
}

}  // namespace

void measure_proxy(const Settings& settings, Table& table) {
  auto servers = Servers::start(settings);
  measure_bulk(settings, table, servers, "to the service", &EchoClient::send_bulk);
  measure_bulk(settings, table, servers, "from the service", &EchoClient::receive_bulk);
  measure_round_trips(settings, table, servers);
  measure_connections(settings, table, servers);
  servers.stop();
}

}  // namespace hitch::bench
