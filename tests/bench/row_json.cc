#include <fcntl.h>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

/// A log as web applications write it: objects, with something else now and then for hitch, which
/// jq would stop at.
std::string json_lines(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) {
    text +=
        R"({"time": "2026-11-22T10:36:58.123456Z", "level": "info", "event": "request", "id": )" +
        std::to_string(i) +
        R"(, "path": "/users/eva/orders?page=2", "status": 200, "ms": 12.75, "tags": ["web", "eu"]})" +
        "\n";
  }
  return text;
}

Span run_into_nothing(const std::vector<std::string>& argv,
                      const std::filesystem::path& directory) {
  return time_to_exit({.argv = argv, .directory = directory});
}

}  // namespace

void measure_json(const Settings& settings, Table& table) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  const std::size_t mebibytes = settings.quick ? 64 : 256;
  const auto bundle =
      make_bundle(settings, "json", "services:\n  Writer: {kind: task, command: [cat, lines]}\n");
  write_file(bundle / "lines", json_lines(mebibytes * kMebibyte));
  (void)time_to_exit(hitch_run(settings, bundle, {"-q"}));
  const std::vector<std::string> hitch{settings.hitch, "logs", "--json"},
      jq{"jq", "-c", ".", "lines"};
  const auto rate = [&](const std::vector<std::string>& argv) {
    return static_cast<double>(mebibytes * kMebibyte) / 1e6 /
           (run_into_nothing(argv, bundle) / 1e3);
  };
  const auto samples =
      take_turns(settings.quick ? 3 : 2, {[&] { return rate(hitch); }, [&] { return rate(jq); }});
  table.compare("`logs --json` over " + std::to_string(mebibytes) + " MiB of JSON lines",
                Unit::kMegabytesPerSecond, samples[0], "jq -c .", samples[1],
                Bar::ratio_at_least(3));
  (void)take_log_size(settings.disk);
  std::filesystem::remove(bundle / "lines");
}

}  // namespace hitch::bench
