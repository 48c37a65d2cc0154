#include "clock/clocked_program.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "runtime/base/packet.h"
#include "runtime/clock/clock_filter.h"
#include "runtime/clock/clock_responder.h"
#include "runtime/namespaces/deny_list.h"

namespace hitch::testing {

namespace {

constexpr uid_t kNobody = 65533;

/// In a child: no allocation matters, as it has one thread; but no test failure can be told either.
[[noreturn]] void give_up(const char* what) {
  ::perror(what);
  ::_exit(126);
}

void drop_to(RunAs who) {
  if (who != RunAs::kNobody || ::geteuid() != 0) return;
  if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) {
    give_up("become nobody");
  }
}

/// Goes on in a child, which is the first to be in the new pid namespace; passes on how it ends.
void become_child() {
  const pid_t child = ::fork();
  if (child < 0) give_up("fork");
  if (child == 0) return;
  // This one does not exec: it would hold the other end of the program's input open.
  (void)::syscall(SYS_close_range, 3U, ~0U, 0U);
  int status = 0;
  (void)::waitpid(child, &status, 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

int left_ms(Deadline deadline) {
  return static_cast<int>(deadline.left().count());
}

}  // namespace

ClockedProgram::ClockedProgram(std::vector<std::string> arguments)
    : ClockedProgram(std::move(arguments), Options{}) {}

ClockedProgram::ClockedProgram(std::vector<std::string> arguments, Options options)
    : options_(std::move(options)) {
  auto page = ClockPage::create();
  auto channel = SocketPair::create();
  if (!page || !channel) {
    ADD_FAILURE() << "no clock page or no sockets";
    return;
  }
  page_ = std::move(*page);
  page_->publish(options_.setting);
  channel_ = std::move(*channel);
  start_program(arguments);
}

ClockedProgram::~ClockedProgram() {
  if (program_ > 0) {
    (void)::kill(-program_, SIGKILL);  // with all it has started: it leads a group
    (void)::waitpid(program_, nullptr, 0);
  }
  kill_responder();
}

void ClockedProgram::become_program(const std::vector<std::string>& arguments, int report,
                                    int input, int output) const {
  (void)::setpgid(0, 0);
  drop_to(options_.run_as);
  (void)::dup2(input, STDIN_FILENO);
  (void)::dup2(output, STDOUT_FILENO);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("no_new_privs");
  if (options_.in_namespaces && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
    give_up("create namespaces");
  }
  auto argv = pointers(arguments);
  auto envp = pointers(options_.environment);
  UniqueFd listener(load_deny_list_behind(clock_rules()));
  if (!listener.is_open()) give_up("install the filter");
  const iovec part{const_cast<char*>("x"), 1};
  const int fd = listener.get();
  if (send_packet(report, std::span(&part, 1), std::span(&fd, 1)) != 1) give_up("report");
  listener.reset();
  if (options_.in_namespaces) become_child();
  ::execvpe(argv[0], argv.data(), envp.data());
  give_up(argv[0]);
}

void ClockedProgram::start_program(const std::vector<std::string>& arguments) {
  auto report = SocketPair::create();
  auto input = Pipe::create();
  auto output = Pipe::create();
  ASSERT_TRUE(report && input && output);
  program_ = ::fork();
  if (program_ == 0) {
    become_program(arguments, report->theirs.get(), input->read_end.get(), output->write_end.get());
  }
  ASSERT_GT(program_, 0);
  report->theirs.reset();
  char byte = 0;
  iovec part{&byte, 1};
  std::array<UniqueFd, kPacketFds> fds;
  ASSERT_EQ(receive_packet(report->ours.get(), std::span(&part, 1), fds), 1) << "no listener";
  input_ = std::move(input->write_end);
  output_ = std::move(output->read_end);
  start_responder(std::move(fds[0]));
}

void ClockedProgram::start_responder(UniqueFd listener) {
  responder_ = ::fork();
  ASSERT_GE(responder_, 0);
  if (responder_ != 0) {
    channel_.theirs.reset();
    return;
  }
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  input_.reset();
  output_.reset();
  channel_.ours.reset();
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  (void)::sigprocmask(SIG_BLOCK, &children, nullptr);
  drop_to(options_.run_as);
  auto responder = ClockResponder::create(std::move(listener), std::move(channel_.theirs),
                                          *std::move(page_), program_);
  const Status status = responder ? responder->run() : Status(responder.error());
  if (!status) std::fprintf(stderr, "responder: %s\n", status.error().message().c_str());
  ::_exit(status ? 0 : 1);
}

void ClockedProgram::kill_responder() {
  if (responder_ <= 0) return;
  (void)::kill(responder_, SIGKILL);
  int status = 0;
  (void)::waitpid(responder_, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL)
      << "the responder had ended before, with status " << status;
  responder_ = -1;
}

void ClockedProgram::signal_responder(int signal) {
  EXPECT_EQ(::kill(responder_, signal), 0);
}

std::size_t ClockedProgram::responder_descriptors() const {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(responder_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::optional<std::string> ClockedProgram::read_line() {
  const auto deadline = Deadline::in(kPatience);
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != buffer_.npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    pollfd waited{output_.get(), POLLIN, 0};
    if (::poll(&waited, 1, left_ms(deadline)) <= 0) {
      ADD_FAILURE() << "no line of output";
      return std::nullopt;
    }
    std::array<char, 4096> piece{};
    const ssize_t n = ::read(output_.get(), piece.data(), piece.size());
    if (n <= 0) return std::nullopt;
    buffer_.append(piece.data(), static_cast<std::size_t>(n));
  }
}

std::int64_t ClockedProgram::read_number() {
  const auto line = read_line();
  std::int64_t number = -1;
  if (!line || std::from_chars(line->data(), line->data() + line->size(), number).ec != std::errc{})
    ADD_FAILURE() << "not a number: '" << line.value_or("(the end)") << '\'';
  return number;
}

std::string ClockedProgram::read_rest() {
  std::string all;
  while (const auto line = read_line()) all += *line + '\n';
  return all + buffer_;
}

void ClockedProgram::write_input(std::string_view text) {
  EXPECT_EQ(::write(input_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

bool ClockedProgram::take_news(Deadline deadline) {
  pollfd waited{channel_.ours.get(), POLLIN, 0};
  if (::poll(&waited, 1, left_ms(deadline)) <= 0) return false;
  ClockNews item;
  iovec part{&item, sizeof item};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(channel_.ours.get(), std::span(&part, 1), fds);
  if (n != static_cast<ssize_t>(sizeof item)) return false;
  if (item.kind == ClockNewsKind::kInForce) {
    answered_ = item.id;
  } else {
    news_.push_back(item);
  }
  return true;
}

void ClockedProgram::set(const ClockSetting& setting) {
  ClockCommand command;
  command.id = ++commands_;
  command.setting = setting;
  const iovec part{&command, sizeof command};
  ASSERT_GT(send_packet(channel_.ours.get(), std::span(&part, 1), {}), 0) << read_rest();
  const auto deadline = Deadline::in(kPatience);
  while (answered_ != command.id) {
    ASSERT_TRUE(take_news(deadline)) << "the responder does not answer; output: " << read_rest();
  }
}

const std::vector<ClockNews>& ClockedProgram::news() {
  while (take_news(Deadline::in(Milliseconds(0)))) {
  }
  return news_;
}

int ClockedProgram::wait() {
  input_.reset();
  int status = 0;
  const auto deadline = Deadline::in(kPatience);
  auto pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, program_, 0)));
  pollfd waited{pidfd.get(), POLLIN, 0};
  if (::poll(&waited, 1, left_ms(deadline)) <= 0) {
    ADD_FAILURE() << "the program does not end";
    (void)::kill(program_, SIGKILL);
  }
  EXPECT_EQ(::waitpid(program_, &status, 0), program_);
  program_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ClockSetting shifted_by(std::int64_t seconds) {
  ClockSetting setting;
  setting.mode = ClockMode::kShift;
  setting.shift = {seconds, 0};
  return setting;
}

ClockSetting frozen_at(std::int64_t second) {
  ClockSetting setting;
  setting.mode = ClockMode::kFrozen;
  setting.fake_anchor = {second, 0};
  return setting;
}

ClockSetting running_at(double rate, std::int64_t seconds) {
  ClockSetting setting;
  setting.mode = ClockMode::kRate;
  setting.rate = static_cast<std::uint64_t>(std::llround(std::ldexp(rate, 32)));
  setting.real_anchor = real_now();
  setting.fake_anchor = sum(setting.real_anchor, {seconds, 0});
  return setting;
}

::testing::AssertionResult is_near(std::int64_t seen, std::int64_t expected) {
  constexpr std::int64_t kSlack = 30;
  if (std::abs(seen - expected) <= kSlack) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << seen << " is not near " << expected;
}

bool is_installed(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

}  // namespace hitch::testing
