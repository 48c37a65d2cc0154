#include <algorithm>
#include <csignal>

#include "bench/introspect_peers.h"
#include "bench/rows.h"
#include "introspect/process.h"
#include "introspect/snapshot.h"

namespace hitch::bench {

namespace {

using introspect::Field;
using introspect::Process;
using introspect::Snapshot;

constexpr double kMicroseconds = 1000;

template <typename Work>
double time_of(const Work& work) {
  const Stopwatch watch;
  work();
  return watch.elapsed() * kMicroseconds;
}

template <typename T>
const T& value_of(const introspect::Answer<T>& answer) {
  if (!answer) throw BenchError(answer.error().message());
  return *answer;
}

Process process_of(pid_t pid) {
  auto process = Process::open(pid);
  if (!process) throw BenchError(process.error().message());
  return *std::move(process);
}

/// All but the two that walk over a process's memory.
std::vector<Field> usual_fields(bool with_connections) {
  std::vector<Field> fields;
  for (const Field field : introspect::all_fields()) {
    const bool walks = field == Field::kMemoryMaps || field == Field::kMemoryFullInfo;
    if (!walks && (with_connections || field != Field::kConnections)) fields.push_back(field);
  }
  return fields;
}

/// One subject against psutil, and against the bare reading of the same files.
struct Subject {
  std::string what;       ///< for the table
  std::string in_psutil;  ///< its name there
  pid_t pid = 0;
  std::function<void()> hitch, bare;
  Bar against_psutil = Bar::none();
};

void measure(const Subject& subject, int rounds, PsutilPeer& psutil, Table& table) {
  const auto samples =
      take_turns(rounds, {[&] { return time_of(subject.hitch); },
                          [&] { return psutil.time(subject.in_psutil, subject.pid); },
                          [&] { return time_of(subject.bare); }});
  table.compare(subject.what, Unit::kMicroseconds, samples[0], "psutil", samples[1],
                subject.against_psutil);
  table.compare(subject.what, Unit::kMicroseconds, samples[0], "open, read, close", samples[2],
                Bar::ratio_at_most(1.3));
}

void measure_redis(const Settings& settings, PsutilPeer& psutil, Table& table) {
  const auto server =
      Watched::start({.argv = {"redis-server", "--port", "0", "--unixsocket",
                               (settings.disk / "introspect.sock").native(), "--save", ""}});
  (void)server.read_until("ready to accept connections");
  const pid_t pid = server.process.pid();
  const auto process = process_of(pid);
  const auto all = usual_fields(true), local = usual_fields(false);
  const auto with_sockets = BareFiles::of_process(pid);
  auto without = with_sockets;
  without.asks_for_sockets = false;
  const BareFiles stat{.files = {with_sockets.files.front()}, .links = {}, .directories = {}};
  const BareFiles smaps{
      .files = {"/proc/" + std::to_string(pid) + "/smaps"}, .links = {}, .directories = {}};
  const int rounds = settings.rounds(300);
  measure({.what = "`as_dict` of redis, but for memory_maps and memory_full_info",
           .in_psutil = "as_dict",
           .pid = pid,
           .hitch = [&] { (void)value_of(process.as_dict(all)); },
           .bare = [&] { with_sockets.read(); },
           .against_psutil = Bar::ratio_at_most(0.1)},
          rounds, psutil, table);
  measure({.what = "the same without connections",
           .in_psutil = "as_dict_local",
           .pid = pid,
           .hitch = [&] { (void)value_of(process.as_dict(local)); },
           .bare = [&] { without.read(); }},
          rounds, psutil, table);
  measure({.what = "`cpu_times` of redis",
           .in_psutil = "cpu_times",
           .pid = pid,
           .hitch = [&] { (void)value_of(process.cpu_times()); },
           .bare = [&] { stat.read(); }},
          rounds, psutil, table);
  measure({.what = "`memory_maps` of redis",
           .in_psutil = "memory_maps",
           .pid = pid,
           .hitch = [&] { (void)value_of(process.memory_maps()); },
           .bare = [&] { smaps.read(); }},
          rounds, psutil, table);
}

void measure_sockets(const Settings& settings, PsutilPeer& psutil, Table& table) {
  constexpr int kSockets = 10'000;
  const ManySockets sockets(kSockets);
  const auto process = process_of(sockets.pid());
  auto bare = BareFiles::of_process(sockets.pid());
  bare.files.clear();
  bare.directories.resize(1);  // fd
  measure({.what = "`connections` of a process with 10,000 sockets",
           .in_psutil = "connections",
           .pid = sockets.pid(),
           .hitch =
               [&] {
                 if (value_of(process.connections()).size() < kSockets) throw BenchError("too few");
               },
           .bare = [&] { bare.read(); }},
          settings.rounds(20), psutil, table);
}

/// Ends processes that would outlive their parent.
class EndWith {
 public:
  explicit EndWith(const std::vector<pid_t>& pids) : pids_(pids) {}
  EndWith(const EndWith&) = delete;
  EndWith& operator=(const EndWith&) = delete;
  ~EndWith() {
    for (const pid_t pid : pids_) (void)::kill(pid, SIGKILL);
  }

 private:
  const std::vector<pid_t>& pids_;
};

void measure_processes(const Settings& settings, PsutilPeer& psutil, Table& table) {
  constexpr std::size_t kProcesses = 1000;
  const auto family =
      Watched::start({.argv = {settings.fixture("many_processes"), std::to_string(kProcesses)}});
  (void)family.read_until("spawned");
  const pid_t pid = family.process.pid();
  const auto process = process_of(pid);
  std::vector<pid_t> below{pid};
  const EndWith end(below);
  for (const auto& child : value_of(process.children())) below.push_back(child.pid());
  const int rounds = settings.rounds(50);
  measure({.what = "`children(recursive)`, 1000 processes",
           .in_psutil = "children",
           .pid = pid,
           .hitch =
               [&] {
                 const auto found = process.children(Process::Depth::kDescendants);
                 if (value_of(found).size() != kProcesses) throw BenchError("not all");
               },
           .bare = [&] { read_all_processes({}); }},
          rounds, psutil, table);
  measure({.what = "snapshot of a bundle of 1000 processes",
           .in_psutil = "snapshot",
           .pid = pid,
           .hitch =
               [&] {
                 const auto snapshot = Snapshot::below(pid);
                 if (!snapshot || snapshot->processes().size() != kProcesses + 1) {
                   throw BenchError("not all");
                 }
               },
           .bare = [&] { read_all_processes(below); }},
          rounds, psutil, table);
}

}  // namespace

void measure_introspect(const Settings& settings, Table& table) {
  PsutilPeer psutil;
  measure_redis(settings, psutil, table);
  measure_sockets(settings, psutil, table);
  measure_processes(settings, psutil, table);
}

}  // namespace hitch::bench
