// What the C++ library costs, beside a peer that is measured in the same run:
//
//   cmake --build build --target client_bench && HITCH_BINARY=build/bin/hitch
//   build/bin/client_bench [ROUNDS]

#include <fcntl.h>
#include <hitch/hitch.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;  // NOLINT
using namespace hitch::client;         // NOLINT
using Clock = std::chrono::steady_clock;
using Figures = std::map<std::string, double>;  // milliseconds

constexpr int kServices = 50, kLines = 200'000, kWaits = 200;
constexpr const char* kTalker = "echo READY; exec sleep 1000";

double milliseconds(Clock::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

double timed(const std::function<void()>& work) {
  const auto began = Clock::now();
  work();
  return milliseconds(Clock::now() - began);
}

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "client-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::filesystem::path path;
};

bool is_ready(std::string_view line) {
  return line == "READY";
}

BundleOptions options(const Directory& directory) {
  return {.project_directory = directory.path, .startup_timeout = 60s, .quiet = true};
}

void start_and_stop(const std::string& name, bool with_predicates, Figures& figures) {
  const Directory directory;
  ServiceBundle bundle(options(directory));
  for (int i = 0; i < kServices; ++i) {
    ServiceOptions service{.command = {"/bin/sh", "-c", kTalker}};
    if (with_predicates) {
      service.log_line_ready_checker = is_ready;
    } else {
      service.ready = {{"log", "READY"}};
    }
    bundle.add("S" + std::to_string(i), service);
  }
  figures["start" + name] = timed([&] { bundle.startup(); });
  figures["stop" + name] = timed([&] { bundle.shutdown(); });
}

/// A program with its standard output in a pipe.
struct Piped {
  pid_t pid = 0;
  FILE* out = nullptr;
};

Piped start_piped(const char* script) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::array<const char*, 4> argv{"sh", "-c", script, nullptr};
  Piped piped;
  if (::posix_spawn(&piped.pid, "/bin/sh", &actions, nullptr, const_cast<char**>(argv.data()),
                    environ) != 0) {
    std::abort();
  }
  ::posix_spawn_file_actions_destroy(&actions);
  (void)::close(ends[1]);
  piped.out = ::fdopen(ends[0], "r");
  return piped;
}

void stop(const Piped& piped) {
  (void)::kill(piped.pid, SIGKILL);
  (void)::waitpid(piped.pid, nullptr, 0);
  (void)std::fclose(piped.out);
}

std::string read_line(FILE* file) {
  std::array<char, 4096> text{};
  return std::fgets(text.data(), text.size(), file) != nullptr ? text.data() : "";
}

/// The same programs, each waited for until it says READY.
void plain_start(Figures& figures) {
  std::vector<Piped> running;
  figures["plain start"] = timed([&] {
    for (int i = 0; i < kServices; ++i) running.push_back(start_piped(kTalker));
    for (const auto& one : running) {
      if (read_line(one.out) != "READY\n") std::abort();
    }
  });
  for (const auto& one : running) stop(one);
}

/// Many lines of 60 characters, and the same from a plain file.
void read_back(Figures& figures) {
  const Directory directory;
  ServiceBundle bundle(options(directory));
  const auto text = std::string(53, 'x');
  bundle.add(
      "A", {.command = {"/bin/sh", "-c",
                        "seq -f '%06.0f " + text + "' " + std::to_string(kLines) + "; " + kTalker},
            .log_line_ready_checker = is_ready});
  bundle.startup();
  std::vector<Line> lines;
  figures["read back"] = timed([&] { lines = bundle["A"].logs().out().lines(); });
  if (lines.size() != kLines + 1) std::abort();
  const auto path = directory.path / "plain";
  {
    std::ofstream file(path);
    for (const auto& line : lines) file << line.text << '\n';
  }
  std::vector<std::string> plain;
  figures["plain read"] = timed([&] {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) plain.push_back(line);
  });
  if (plain.size() != kLines + 1) std::abort();
}

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

/// Answers each line with the time when it came.
constexpr const char* kEcho = "echo READY; while read n; do date +\"$n %s%N\"; done < pipe";

double since(const std::string& line) {
  const auto sent = std::stoll(line.substr(line.find(' ') + 1));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return milliseconds(now - std::chrono::nanoseconds(sent));
}

/// From a service's write to the return of until(), and to that of a read from a pipe.
void waits(Figures& figures) {
  const Directory directory;
  (void)::mkfifo((directory.path / "pipe").c_str(), 0600);
  auto without_clock = options(directory);
  without_clock.clock = Json(false);
  std::vector<double> ours, theirs;
  const auto write_later = [](FILE* pipe, int number) {
    return std::jthread([=] {
      std::this_thread::sleep_for(20ms);
      (void)std::fprintf(pipe, "n%d\n", number);
      (void)std::fflush(pipe);
    });
  };
  {
    ServiceBundle bundle(without_clock);
    bundle.add("Echo", {.command = {"/bin/sh", "-c", kEcho}, .log_line_ready_checker = is_ready});
    bundle.startup();
    FILE* pipe = std::fopen((directory.path / "pipe").c_str(), "w");
    for (int i = 0; i < kWaits; ++i) {
      const auto writer = write_later(pipe, i);
      const auto wanted = "n" + std::to_string(i) + " ";
      const auto line = bundle["Echo"].logs().out().tail().until(
          [&](std::string_view text) { return text.starts_with(wanted); },
          {.timeout = 60s, .lines_back = 1});
      ours.push_back(since(line.text));
    }
    (void)std::fclose(pipe);
  }
  std::filesystem::current_path(directory.path);
  const auto plain = start_piped(kEcho);
  (void)read_line(plain.out);
  FILE* pipe = std::fopen("pipe", "w");
  for (int i = 0; i < kWaits; ++i) {
    const auto writer = write_later(pipe, i);
    theirs.push_back(since(read_line(plain.out)));
  }
  (void)std::fclose(pipe);
  stop(plain);
  std::filesystem::current_path("/");
  figures["until"] = quantile(ours, 0.5);
  figures["until, p99"] = quantile(ours, 0.99);
  figures["plain wait"] = quantile(theirs, 0.5);
  figures["plain wait, p99"] = quantile(theirs, 0.99);
}

void print(const std::string& title, double ours, double peer) {
  std::printf("%-50s %8.2f ms", title.c_str(), ours);
  if (peer > 0) std::printf("  peer %8.2f ms  ratio %5.2f", peer, ours / peer);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::stoi(argv[1]) : 3;
  Figures best;
  for (int round = 0; round < rounds; ++round) {
    Figures figures;
    start_and_stop("", true, figures);
    start_and_stop(", ready", false, figures);
    plain_start(figures);
    read_back(figures);
    waits(figures);
    for (const auto& [name, value] : figures) {
      const auto known = best.find(name);
      best[name] = known == best.end() ? value : std::min(value, known->second);
    }
  }
  print("start of 50 services, predicates in C++", best["start"], best["plain start"]);
  print("start of 50 services, ready: READY", best["start, ready"], best["plain start"]);
  print("the same, against the predecessor's 430 ms", best["start"], 430);
  print("shutdown of 50 services", best["stop"], 0);
  print("200000 log lines read back", best["read back"], best["plain read"]);
  print("write to return of until(), median", best["until"], best["plain wait"]);
  print("write to return of until(), p99", best["until, p99"], best["plain wait, p99"]);
}
