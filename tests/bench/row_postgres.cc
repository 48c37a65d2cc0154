#include <csignal>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

constexpr const char* kReadyText = "database system is ready to accept connections";

/// Debian keeps the programs of the server out of PATH.
std::string program(const std::string& name) {
  std::filesystem::path newest;
  std::error_code ec;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ec)) {
    if (exists(version.path() / "bin" / name)) newest = std::max(newest, version.path());
  }
  return newest.empty() ? name : (newest / "bin" / name).native();
}

/// What recipes/postgres.yaml does, without hitch.
class ByHand {
 public:
  explicit ByHand(const Settings& settings) : directory_(settings.disk / "pgdata") {}

  void create() const {
    std::filesystem::remove_all(directory_);
    Running::start({.argv = {program("initdb"), "--pgdata", directory_, "--username=postgres",
                             "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                             "--wal-segsize=1", "--no-sync", "--no-instructions"}})
        .expect(0);
  }

  Span start() const {
    return start_and_stop({.argv = arguments()},
                          {.ready = kReadyText, .stream = 2, .signal = SIGINT})
        .start;
  }

 private:
  std::vector<std::string> arguments() const {
    std::vector<std::string> words{program("postgres"), "-D", directory_, "-p", "5432"};
    for (const std::string setting :
         {"listen_addresses=127.0.0.1,::1", "timezone=UTC", "log_timezone=UTC", "fsync=off",
          "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB",
          "max_wal_size=64MB"}) {
      words.insert(words.end(), {"-c", setting});
    }
    words.insert(words.end(), {"-c", "unix_socket_directories=" + directory_.native()});
    return words;
  }

  std::filesystem::path directory_;
};

Span start_hitch(const Command& command) {
  return start_and_stop(command, {.code = 128 + SIGTERM}).start;
}

}  // namespace

void measure_postgres(const Settings& settings, Table& table) {
  const auto bundle =
      make_bundle(settings, "postgres", "services:\n  Postgres: {recipe: postgres}\n");
  const auto cached = hitch_run(settings, bundle);
  const auto anew = hitch_run(settings, bundle, {"--no-cache"});
  const ByHand by_hand(settings);
  by_hand.create();
  const auto warm = take_turns(
      settings.rounds(20), {[&] { return start_hitch(cached); }, [&] { return by_hand.start(); }});
  const auto cold = take_turns(settings.rounds(5), {[&] { return start_hitch(anew); },
                                                    [&] {
                                                      const Stopwatch watch;
                                                      by_hand.create();
                                                      const Span created = watch.elapsed();
                                                      return created + by_hand.start();
                                                    }});
  const auto ms = Unit::kMilliseconds;
  table.compare("postgres, cached data, start to READY", ms, warm[0], "postgres, ready-made data",
                warm[1]);
  table.compare("postgres, cached data, start to READY", ms, warm[0], "initdb and postgres",
                cold[1]);
  table.compare("postgres, `--no-cache`, start to READY", ms, cold[0], "initdb and postgres",
                cold[1]);
}

}  // namespace hitch::bench
