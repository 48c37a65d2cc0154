#include "bench/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

namespace hitch::bench {

namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMs = 60'000;

[[noreturn]] void fail(const std::string& what, int err) {
  throw BenchError(what + ": " + std::strerror(err));
}

/// Where programs write their errors, so that a row that fails can say why.
int last_words() {
  static const int fd = ::memfd_create("stderr", MFD_CLOEXEC);
  return fd;
}

std::string read_last_words() {
  std::array<char, 2000> text{};
  const ssize_t n = ::pread(last_words(), text.data(), text.size(), 0);
  return n > 0 ? ": " + std::string(text.data(), static_cast<std::size_t>(n)) : "";
}

int null_device() {
  static const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return fd;
}

/// The arguments of posix_spawn.
class SpawnFiles {
 public:
  explicit SpawnFiles(const Command& command) {
    ::posix_spawn_file_actions_init(&actions_);
    redirect(command.in >= 0 ? command.in : null_device(), 0);
    redirect(command.out >= 0 ? command.out : null_device(), 1);
    redirect(command.err >= 0 ? command.err : last_words(), 2);
    if (!command.directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions_, command.directory.c_str());
    }
  }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  ~SpawnFiles() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void redirect(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  posix_spawn_file_actions_t actions_;
};

}  // namespace

Running Running::start(const Command& command) {
  std::vector<char*> argv;
  for (const auto& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (command.err < 0) {
    (void)!::ftruncate(last_words(), 0);
    (void)::lseek(last_words(), 0, SEEK_SET);
  }
  const SpawnFiles files(command);
  pid_t pid = -1;
  const int err = ::posix_spawnp(&pid, argv[0], files.get(), nullptr, argv.data(), environ);
  if (err != 0) fail("start " + command.argv[0], err);
  return {pid, watch_process(pid), command.argv[0]};
}

Running::Running(Running&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      name_(std::move(other.name_)) {}

Running::~Running() {
  if (pid_ <= 0) return;
  (void)::kill(pid_, SIGKILL);
  (void)::waitpid(pid_, nullptr, 0);
}

void Running::signal(int number) const {
  if (::kill(pid_, number) != 0) fail("signal " + name_, errno);
}

bool Running::has_ended() const {
  pollfd ended{pidfd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

int Running::wait() {
  await_end(pidfd_);
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) fail("wait for " + name_, errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Running::expect(int code) {
  const int got = wait();
  if (got == code) return;
  throw BenchError(name_ + " ended with " + std::to_string(got) + ", not " + std::to_string(code) +
                   read_last_words());
}

Watched Watched::start(Command command, int stream) {
  auto pipe = make_pipe();
  (stream == 1 ? command.out : command.err) = pipe.write_end.get();
  return {Running::start(command), std::move(pipe.read_end)};
}

std::string Watched::read_until(std::string_view text) const {
  std::string seen;
  std::array<char, 65536> chunk;
  for (;;) {
    pollfd ready{output.get(), POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) != 1) throw BenchError("hung; its output so far: " + seen);
    const ssize_t n = ::read(output.get(), chunk.data(), chunk.size());
    if (n <= 0) throw BenchError("ended early; its output: " + seen + read_last_words());
    seen.append(chunk.data(), static_cast<std::size_t>(n));
    if (seen.find(text) != seen.npos) return seen;
  }
}

Span time_to_exit(const Command& command) {
  const Stopwatch watch;
  Running::start(command).expect(0);
  return watch.elapsed();
}

std::string output_of(const Command& command) {
  auto started = Watched::start(command);
  started.process.expect(0);
  std::array<char, 65536> text;
  const ssize_t n = ::read(started.output.get(), text.data(), text.size());
  if (n < 0) fail("read the output of " + command.argv[0], errno);
  return {text.data(), static_cast<std::size_t>(n)};
}

LifeSpans start_and_stop(const Command& command, const Life& life) {
  LifeSpans spans;
  const Stopwatch start;
  auto started = Watched::start(command, life.stream);
  started.read_until(life.ready);
  spans.start = start.elapsed();
  const Stopwatch stop;
  started.process.signal(life.signal);
  started.process.expect(life.code);
  spans.stop = stop.elapsed();
  return spans;
}

UniqueFd watch_process(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.is_open()) fail("watch process " + std::to_string(pid), errno);
  return fd;
}

void await_end(const UniqueFd& pidfd) {
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, kPatienceMs) != 1) throw BenchError("a process hung");
}

pid_t only_child(pid_t pid) {
  // Of any thread: whichever has cloned is the parent here.
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    const std::string children = read_file(task.path() / "children");
    pid_t child = 0;
    const auto [stop, ec] =
        std::from_chars(children.data(), children.data() + children.size(), child);
    if (ec == std::errc{} && child > 0) return child;
  }
  throw BenchError("process " + std::to_string(pid) + " has no child");
}

void reap_strays() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

Pipe make_pipe() {
  auto pipe = Pipe::create();
  if (!pipe) throw BenchError(pipe.error().message());
  return *std::move(pipe);
}

UniqueFd open_file(const fs::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd.is_open()) fail("open " + path.native(), errno);
  return fd;
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double number_behind(const std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  const auto from = at == text.npos ? at : text.find_first_of("0123456789", at + mark.size());
  if (from == text.npos) throw BenchError("no number behind '" + mark + "' in: " + text);
  double value = 0;
  (void)std::from_chars(text.data() + from, text.data() + text.size(), value);
  return value;
}

}  // namespace hitch::bench
