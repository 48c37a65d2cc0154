#include "fake_target.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

#include "introspect/tree.h"

extern char** environ;

namespace hitch::testing {

namespace {

constexpr std::chrono::seconds kGoodTime{20};

LogStore make_store(const std::filesystem::path& directory) {
  auto store = LogStore::create(directory);
  if (!store) throw std::runtime_error(store.error().message());
  return *std::move(store);
}

/// Kills and reaps a child that nobody has waited for.
class ChildGuard {
 public:
  explicit ChildGuard(pid_t pid) : pid_(pid) {}
  ChildGuard(const ChildGuard&) = delete;
  ChildGuard& operator=(const ChildGuard&) = delete;
  ~ChildGuard() {
    if (pid_ > 0) (void)::kill(pid_, SIGKILL);
    if (pid_ > 0) (void)::waitpid(pid_, nullptr, 0);
  }
  ExitStatus reap() {
    int status = 0;
    (void)::waitpid(std::exchange(pid_, -1), &status, 0);
    return ExitStatus::from_wait(status);
  }

 private:
  pid_t pid_;
};

/// Counts a command as under way.
class CountGuard {
 public:
  explicit CountGuard(FakeTarget* target) : target_(target) {
    ++target_->runs;
    target_->most_at_once = std::max(target_->most_at_once, ++target_->under_way);
  }
  CountGuard(const CountGuard&) = delete;
  CountGuard& operator=(const CountGuard&) = delete;
  ~CountGuard() { --target_->under_way; }

 private:
  FakeTarget* target_;
};

asio::awaitable<void> stop_group(TaskGroup* group, bool* stopped) {
  co_await group->stop();
  *stopped = true;
}

}  // namespace

TempDirectory::TempDirectory() {
  std::string pattern = "/tmp/hitch-ready-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestChild::TestChild(const std::function<void(int report)>& body, unsigned long namespaces) {
  auto pipe = Pipe::create();
  if (!pipe) throw std::runtime_error(pipe.error().message());
  // Not fork and unshare: the thread sanitizer starts a thread after a fork, and then no user
  // namespace can be entered. unshare(2)
  const auto flags = namespaces | SIGCHLD;
  pid_ = namespaces == 0
             ? ::fork()
             : static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
  if (pid_ < 0 && namespaces == 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int report = ::dup2(pipe->write_end.get(), 3);
    (void)::close_range(4, ~0U, 0);
    body(report);
    ::_exit(1);
  }
  pipe->write_end.reset();
  if (::read(pipe->read_end.get(), &word_, sizeof word_) != sizeof word_) word_ = -1;
}

TestChild::~TestChild() {
  if (pid_ <= 0) return;
  if (const auto tree = ProcessTree::scan()) {
    for (const auto& process : tree->descendants_of(pid_)) (void)::kill(process.pid, SIGKILL);
  }
  (void)::kill(-pid_, SIGKILL);  // its session, if it has made one
  (void)::kill(pid_, SIGKILL);
  (void)::waitpid(pid_, nullptr, 0);
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;  // what it left to the test
}

Listening listen_somewhere(int family) {
  Listening result;
  result.socket = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!result.socket.is_open() || ::listen(result.socket.get(), 8) != 0) return result;
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  (void)::getsockname(result.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  result.port = ntohs(address.sin6_port);  // where sin_port is, too
  return result;
}

void say_and_stay(int report, int word) {
  (void)!::write(report, &word, sizeof word);
  for (;;) (void)::pause();
}

FakeTarget::FakeTarget()
    : store(make_store(directory.path())),
      out(store.open_stream({name, OutputStream::kOut, Phase::kRun})),
      err(store.open_stream({name, OutputStream::kErr, Phase::kRun})),
      init(::getpid()),
      main(::getpid()) {}

Task<UniqueFd> FakeTarget::make_socket(int family, int type, int protocol) {
  if (family == AF_NETLINK && refuse_diag) co_return Error::from_errno(EPERM, "create a socket");
  UniqueFd fd(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!fd.is_open()) co_return Error::from_errno(errno, "create a socket");
  ++looks;
  co_return std::move(fd);
}

Task<ExitStatus> FakeTarget::run_command(Command command) {
  if (run_error) co_return *run_error;
  std::vector<char*> argv;
  for (auto& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failure = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
  if (failure != 0)
    co_return Error::from_errno(failure, "execute", command[0]).with_kind(Kind::kNotFound);
  ChildGuard child(pid);
  const CountGuard count(this);
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  const auto executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor ended(executor, pidfd);
  const auto [ec] = co_await ended.async_wait(ended.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for command");
  co_return child.reap();
}

void ReadyTest::SetUp() {
  // Orphans of the test's children come to the test, as those of a bundle come to its init.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  spec.interval = Milliseconds(1);
  // The loop opens its own descriptors with the first timer.
  asio::steady_timer first(io, std::chrono::seconds(0));
  first.async_wait([](boost::system::error_code) {});
  io.poll();
  io.restart();
  descriptors_ = count_descriptors();
}

void ReadyTest::TearDown() {
  stop();
  target.notify.reset();
  EXPECT_EQ(count_descriptors(), descriptors_);
}

void ReadyTest::start(ReadyCondition condition) {
  spec.condition = std::move(condition);
  ASSERT_FALSE(outcome);
  group.spawn(wait_until_ready(&spec, &target), [this](Status status) { outcome = status; });
}

bool ReadyTest::run_until(const std::function<bool()>& holds) {
  const auto end = Clock::now() + kGoodTime;
  while (!holds()) {
    if (Clock::now() > end) return false;
    io.restart();
    (void)io.run_one_for(std::chrono::milliseconds(100));
  }
  return true;
}

void ReadyTest::expect_ready() {
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); })) << "still waiting";
  EXPECT_TRUE(*outcome) << outcome->error().message();
}

void ReadyTest::expect_waiting_after(const std::function<bool()>& holds) {
  ASSERT_TRUE(run_until([&] { return holds() || outcome.has_value(); }));
  EXPECT_FALSE(outcome.has_value());
}

void ReadyTest::settle() {
  io.restart();
  while (io.poll_one() > 0) continue;
}

void ReadyTest::stop() {
  stop(group);
}

void ReadyTest::stop(TaskGroup& other) {
  bool stopped = false;
  asio::co_spawn(io, stop_group(&other, &stopped), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  EXPECT_TRUE(run_until([&] { return stopped; })) << "the group does not stop";
}

void ReadyTest::print(StreamId stream, std::string_view line) {
  const auto status = target.store.append_line(stream, line);
  ASSERT_TRUE(status) << status.error().message();
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

}  // namespace hitch::testing
