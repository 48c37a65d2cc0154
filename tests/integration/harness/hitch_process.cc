#include "integration/harness/hitch_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <sstream>

namespace hitch::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// A stray that holds the output open is given this long to go.
constexpr auto kStrayPatience = 10s;

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return ends;
}

void close_and_forget(int& fd) {
  if (fd >= 0) (void)::close(fd);
  fd = -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<int> open_extras(int count) {
  std::vector<int> extras;
  for (int i = 0; i < count; ++i) {
    extras.push_back(i % 2 == 0 ? ::open("/", O_RDONLY | O_DIRECTORY)
                                : ::open("/dev/null", O_RDWR));
  }
  return extras;
}

std::string tail(const std::string& text, std::size_t size) {
  return text.size() <= size ? text : "[…]" + text.substr(text.size() - size);
}

}  // namespace

std::string ProcessResult::last_line() const {
  const auto end = err.find_last_not_of("\r\n");
  if (end == err.npos) return {};
  const auto begin = err.find_last_of("\r\n", end);
  return err.substr(begin == err.npos ? 0 : begin + 1, end - (begin == err.npos ? -1UL : begin));
}

std::string ProcessResult::describe() const {
  std::ostringstream text;
  text << "code " << code << ", signal " << signal << ", after " << duration.count() << " ms"
       << (held_open ? ", and somebody still holds its output" : "") << "\n--- stdout\n"
       << tail(out, 3000) << "\n--- stderr\n"
       << tail(err, 6000) << "\n---";
  return text.str();
}

HitchProcess::HitchProcess(ProcessOptions options) : options_(std::move(options)) {
  input_ = options_.input;
  input_ends_ = !options_.keep_input_open;
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  started_ = Clock::now();
  if (options_.stdio == Stdio::kTerminal) {
    ours_.out = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ours_.out < 0 || ::grantpt(ours_.out) != 0 || ::unlockpt(ours_.out) != 0) std::abort();
    const winsize size{24, 80, 0, 0};
    (void)::ioctl(ours_.out, TIOCSWINSZ, &size);
    char name[64];
    if (::ptsname_r(ours_.out, name, sizeof name) != 0) std::abort();
    const int terminal = ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    ours_.input = ::fcntl(ours_.out, F_DUPFD_CLOEXEC, 0);
    start({terminal, terminal, terminal});
    (void)::close(terminal);
  } else {
    const auto in = make_pipe(), out = make_pipe(), err = make_pipe();
    ours_ = {in[1], out[0], err[0]};
    start({in[0], out[1], err[1]});
    for (const int fd : {in[0], out[1], err[1]}) (void)::close(fd);
  }
  for (const int fd : {ours_.input, ours_.out, ours_.err}) {
    if (fd >= 0) (void)::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) std::abort();
  mover_ = std::thread([this] { move_data(); });
}

void HitchProcess::start(const Ends& child) {
  auto arguments = options_.arguments;
  std::vector<std::string> variables;
  for (const auto& [name, value] : options_.environment) variables.push_back(name + '=' + value);
  const auto argv = pointers(arguments), envp = pointers(variables);
  const auto extras = open_extras(options_.extra_descriptors);
  const bool terminal = options_.stdio == Stdio::kTerminal;
  pid_ = ::fork();
  if (pid_ < 0) std::abort();
  if (pid_ == 0) {
    // Other threads may have run: system calls only.
    if (terminal) {
      ::setsid();
      (void)::ioctl(child.input, TIOCSCTTY, 0);
    } else {
      ::setpgid(0, 0);
    }
    (void)::dup2(child.input, 0);
    (void)::dup2(child.out, 1);
    (void)::dup2(child.err, 2);
    if (::chdir(options_.directory.c_str()) == 0) ::execve(argv[0], argv.data(), envp.data());
    const char message[] = "the test could not start the program\n";
    (void)!::write(2, message, sizeof message - 1);
    ::_exit(254);
  }
  for (const int fd : extras) (void)::close(fd);
}

HitchProcess::~HitchProcess() {
  {
    const std::lock_guard lock(mutex_);
    killed_ = true;
    if (!ended_) (void)::kill(pid_, SIGKILL);
  }
  close_input();
  mover_.join();
  for (int fd : {ours_.input, ours_.out, ours_.err, pidfd_, wake_}) close_and_forget(fd);
}

void HitchProcess::send_signal(int number) const {
  (void)::syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

void HitchProcess::write_input(std::string_view text) {
  const std::lock_guard lock(mutex_);
  input_ += text;
  (void)::eventfd_write(wake_, 1);
}

void HitchProcess::close_input() {
  const std::lock_guard lock(mutex_);
  input_ends_ = true;
  (void)::eventfd_write(wake_, 1);
}

bool HitchProcess::wait_for(const std::string& where, std::string_view text,
                            std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return where.find(text) != where.npos; };
  changed_.wait_for(lock, deadline, [&] { return found() || done_; });
  return found();
}

bool HitchProcess::wait_for_out(std::string_view text, std::chrono::milliseconds deadline) {
  return wait_for(result_.out, text, deadline);
}

bool HitchProcess::wait_for_err(std::string_view text, std::chrono::milliseconds deadline) {
  return wait_for(result_.err, text, deadline);
}

std::string HitchProcess::out() const {
  const std::lock_guard lock(mutex_);
  return result_.out;
}

std::string HitchProcess::err() const {
  const std::lock_guard lock(mutex_);
  return result_.err;
}

bool HitchProcess::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

ProcessResult HitchProcess::wait(std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, [this] { return done_; })) {
    killed_ = true;
    (void)::kill(pid_, SIGKILL);
    changed_.wait(lock, [this] { return done_; });
    ADD_FAILURE() << "killed because it did not end within " << deadline.count() << " ms\n"
                  << result_.describe();
  }
  return result_;
}

void HitchProcess::move_data() {
  // Blocked here instead of ignored everywhere: what is ignored stays so in the program.
  sigset_t pipe_signal;
  (void)::sigemptyset(&pipe_signal);
  (void)::sigaddset(&pipe_signal, SIGPIPE);
  (void)::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  Clock::time_point end{};
  for (bool more = true; more;) {
    const bool ended = has_ended();
    if (ended && end == Clock::time_point{}) end = Clock::now();
    more = move_once(ended);
    if (!more || !ended) continue;
    const std::lock_guard lock(mutex_);
    if (!killed_ && Clock::now() - end < kStrayPatience) continue;
    result_.held_open = !killed_;
    more = false;
  }
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

/// Waits for something to do and does it. @return false when the program has ended and nobody can
/// write to its output any more
bool HitchProcess::move_once(bool ended) {
  if (ended && ours_.out < 0 && ours_.err < 0) return false;
  short wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    const bool terminal = options_.stdio == Stdio::kTerminal;
    if (input_.empty() && input_ends_ && !terminal) close_and_forget(ours_.input);
    if (!input_.empty()) wanted = POLLOUT;
  }
  std::array<pollfd, 5> polled{{{ours_.out, POLLIN, 0},
                                {ours_.err, POLLIN, 0},
                                {wanted != 0 ? ours_.input : -1, wanted, 0},
                                {ended ? -1 : pidfd_, POLLIN, 0},
                                {wake_, POLLIN, 0}}};
  if (::poll(polled.data(), polled.size(), ended ? 100 : -1) < 0) return true;
  eventfd_t count = 0;
  if (polled[4].revents != 0) (void)::eventfd_read(wake_, &count);
  if (polled[2].revents != 0) write_to();
  if (polled[0].revents != 0) read_from(ours_.out, result_.out);
  if (polled[1].revents != 0) read_from(ours_.err, result_.err);
  if (polled[3].revents != 0) record_end();
  return true;
}

void HitchProcess::read_from(int& fd, std::string& text) {
  static thread_local std::array<char, 1 << 16> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const std::lock_guard lock(mutex_);
  if (n <= 0) {
    close_and_forget(fd);  // a terminal says EIO when its last user has gone
  } else {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  changed_.notify_all();
}

void HitchProcess::write_to() {
  const std::lock_guard lock(mutex_);
  const ssize_t n = ::write(ours_.input, input_.data(), input_.size());
  if (n > 0) input_.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN && errno != EINTR) input_.clear();  // nobody reads it any more
}

void HitchProcess::record_end() {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0) return;
  const std::lock_guard lock(mutex_);
  if (info.si_code == CLD_EXITED) result_.code = info.si_status;
  if (info.si_code != CLD_EXITED) result_.signal = info.si_status;
  result_.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  ended_ = true;
  changed_.notify_all();
}

}  // namespace hitch::testing
