#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <charconv>
#include <csignal>
#include <ctime>

#include "bench/rows.h"
#include "fixture_programs/fixture.h"

namespace hitch::bench {

namespace {

/// How long a waiter gets to come to the point where it sleeps.
constexpr long kSettle = 60;

double wall_ms() {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// A writer that writes a line when it is told to.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& fifo) : fifo_(open_file(fifo, O_RDWR)) {}

  /// The text of the line that comes next.
  std::string next_mark() { return "mark " + std::to_string(++count_) + " "; }
  void go() const {
    if (::write(fifo_.get(), "x", 1) != 1) throw BenchError("the writer cannot be told to write");
  }

 private:
  UniqueFd fifo_;
  int count_ = 0;
};

/// Reads one line.
/// @return milliseconds since the time that it holds
double age_of_line(const UniqueFd& output) {
  std::string line;
  char buffer[256];
  while (line.find('\n') == line.npos) {
    pollfd ready{output.get(), POLLIN, 0};
    if (::poll(&ready, 1, 60'000) <= 0) throw BenchError("no line came");
    const ssize_t n = ::read(output.get(), buffer, sizeof buffer);
    if (n <= 0) throw BenchError("the waiter ended without a line");
    line.append(buffer, static_cast<std::size_t>(n));
  }
  const double now = wall_ms();
  const auto at = line.rfind(' ') + 1;
  std::int64_t written = 0;
  (void)std::from_chars(line.data() + at, line.data() + line.size(), written);
  return now - static_cast<double>(written) / 1e6;
}

/// @param waiter  prints the line with the writer's next mark, and ends
double wait_once(const Command& waiter, const Writer& writer) {
  const auto started = Watched::start(waiter);
  fixture::sleep_ms(kSettle);
  writer.go();
  return age_of_line(started.output);
}

std::filesystem::path make_fifo(const std::filesystem::path& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) throw BenchError("cannot make a fifo");
  return path;
}

}  // namespace

void measure_wait(const Settings& settings, Table& table) {
  const auto program = settings.fixture("wait_writer");
  const auto bundle = make_bundle(
      settings, "wait", "services:\n  Writer: {command: [" + program + ", fifo], ready: here}\n");
  const auto fifo = make_fifo(bundle / "fifo"), plain_fifo = make_fifo(bundle / "plain");
  auto hitch = Watched::start(hitch_run(settings, bundle));
  hitch.read_until("READY");
  const auto file = open_file(bundle / "out", O_WRONLY | O_CREAT | O_APPEND);
  auto plain = Running::start({.argv = {program, plain_fifo.native()}, .out = file.get()});
  Writer service(fifo), process(plain_fifo);
  const auto through_hitch = [&] {
    return wait_once(
        {.argv = {settings.hitch, "logs", "--until", service.next_mark()}, .directory = bundle},
        service);
  };
  const auto through_tail = [&] {
    const auto script = "tail -n +1 -f out | grep -m1 '" + process.next_mark() + "'";
    return wait_once({.argv = {"sh", "-c", script}, .directory = bundle}, process);
  };
  const auto samples = take_turns(settings.rounds(300), {through_hitch, through_tail});
  const auto unit = Unit::kMilliseconds;
  const std::string peer = "tail -f, grep -m1";
  table.compare("wait, a service's write to the line in the reader's hands", unit, samples[0], peer,
                samples[1]);
  table.compare("wait, the same, 99th percentile", unit, Samples::of(samples[0].quantile(0.99)),
                peer, Samples::of(samples[1].quantile(0.99)), Bar::at_most_value(2));
  hitch.process.signal(SIGTERM);
  hitch.process.expect(128 + SIGTERM);
  plain.signal(SIGTERM);
  (void)plain.wait();
}

}  // namespace hitch::bench
