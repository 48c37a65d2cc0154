// hitch_bench --hitch PROGRAM --fixtures DIR --disk DIR [--memory DIR] [--quick] [--head]
//             [--as NAME] [ROW…]
// Measures hitch against peers and prints the rows of a Markdown table. scripts/bench.sh is what
// people call; docs/benchmarks.md says what the rows mean.
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "bench/rows.h"

namespace hitch::bench {
namespace {

struct Row {
  const char* name;
  void (*measure)(const Settings&, Table&);
};
constexpr std::array kRows{Row{"empty", measure_empty},
                           Row{"services", measure_services},
                           Row{"stop", measure_stop},
                           Row{"logs", measure_logs},
                           Row{"json", measure_json},
                           Row{"wait", measure_wait},
                           Row{"proxy", measure_proxy},
                           Row{"exec", measure_exec},
                           Row{"footprint", measure_footprint},
                           Row{"postgres", measure_postgres},
                           Row{"introspect", measure_introspect},
                           Row{"parallel", measure_parallel},
                           Row{"clock", measure_clock},
                           Row{"levels", measure_levels},
                           Row{"roots", measure_roots}};

struct Options {
  Settings settings;
  std::string who = "caller";
  bool head = false;
};

Options parse(const std::vector<std::string>& words) {
  Options options;
  Settings& settings = options.settings;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const auto value = [&] {
      if (++i == words.size()) throw BenchError(word + " needs a value");
      return words[i];
    };
    if (word == "--hitch") {
      settings.hitch = value();
    } else if (word == "--fixtures") {
      settings.fixtures = value();
    } else if (word == "--disk") {
      settings.disk = value();
    } else if (word == "--memory") {
      settings.memory = value();
    } else if (word == "--as") {
      options.who = value();
    } else if (word == "--quick") {
      settings.quick = true;
    } else if (word == "--head") {
      options.head = true;
    } else if (word.starts_with('-') ||
               std::none_of(kRows.begin(), kRows.end(),
                            [&](const Row& row) { return row.name == word; })) {
      throw BenchError("no row '" + word + "'");
    } else {
      settings.rows.push_back(word);
    }
  }
  if (settings.hitch.empty() || settings.fixtures.empty() || settings.disk.empty()) {
    throw BenchError("--hitch, --fixtures and --disk are needed");
  }
  return options;
}

/// Everything that hitch keeps goes into the scratch directory, and no setting of the caller's
/// counts.
void set_environment(const Settings& settings) {
  for (const char* name : {"HITCH_FILE", "HITCH_PROJECT", "HITCH_PROFILE", "HITCH_COLOR",
                           "HITCH_FORMAT", "HITCH_QUIET", "HITCH_NO_CACHE", "HITCH_LINES",
                           "HITCH_SINCE", "HITCH_TIMEOUT", "HITCH_FOLLOW"}) {
    (void)::unsetenv(name);
  }
  // As where people are logged in: XDG_RUNTIME_DIR is a tmpfs, the rest is on a disk.
  // pam_systemd(8)
  const auto runtime = (settings.memory.empty() ? settings.disk : settings.memory) / "run";
  for (const auto& [name, path] : {std::pair("HOME", settings.disk / "home"),
                                   {"XDG_CACHE_HOME", settings.disk / "cache"},
                                   {"XDG_RUNTIME_DIR", runtime}}) {
    std::filesystem::create_directories(path);
    (void)::setenv(name, path.c_str(), 1);
  }
  std::filesystem::permissions(runtime, std::filesystem::perms::owner_all);
  put_state_into(settings.disk);
}

int run(const std::vector<std::string>& words) {
  const Options options = parse(words);
  const Settings& settings = options.settings;
  set_environment(settings);
  // Whoever outlives a hitch that is killed comes here, where it can be waited for.
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
  (void)std::signal(SIGPIPE, SIG_IGN);
  Table table(std::cout, options.who);
  if (options.head) table.print_head();
  int code = 0;
  for (const auto& row : kRows) {
    const auto& wanted = settings.rows;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), row.name) == wanted.end()) {
      continue;
    }
    try {
      row.measure(settings, table);
    } catch (const std::exception& error) {
      table.fail(row.name, error.what());
      code = 1;
    }
    reap_strays();
    put_state_into(settings.disk);
  }
  return code;
}

}  // namespace
}  // namespace hitch::bench

int main(int argc, char** argv) {
  try {
    return hitch::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "hitch_bench: " << error.what() << '\n';
    return 2;
  }
}
