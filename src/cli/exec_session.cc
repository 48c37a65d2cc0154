#include "cli/exec_session.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "cli/raw_terminal.h"
#include "cli/signals_taken.h"
#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

/// Signals that are the sub-command's business while it runs.
constexpr std::array kPassedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

/// One sub-command on its way.
class ExecSession {
 public:
  ExecSession(ControlClient& client, const SignalsTaken& signals)
      : client_(client), signals_(signals) {}

  Status start(const ExecCall& call);
  /// @return the exit code
  Result<int> stay();

 private:
  Status look_at_notifications();
  void pass_signals();
  void pass_input();
  /// @return whether there may be more
  bool pass_output();

  ControlClient& client_;
  const SignalsTaken& signals_;
  std::int64_t number_ = 0;
  UniqueFd terminal_;
  bool input_is_open_ = true;
  std::optional<int> exit_code_;
};

winsize size_of_terminal() {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

Status ExecSession::start(const ExecCall& call) {
  json::array argv;
  for (const auto& word : call.argv) argv.emplace_back(word);
  json::object params{{"service", call.service}, {"argv", std::move(argv)}};
  std::vector<int> fds{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  if (call.terminal) {
    const auto size = size_of_terminal();
    params["terminal"] = true;
    params["rows"] = size.ws_row;
    params["columns"] = size.ws_col;
    fds.clear();
  }
  if (const char* term = std::getenv("TERM"); term != nullptr) {
    params["environment"] = json::object{{"TERM", term}};
  }
  HITCH_TRY(const auto started, client_.call("service.exec", std::move(params), fds));
  number_ = started.at("exec").as_int64();
  if (!call.terminal) return Done{};
  auto received = client_.take_fds();
  if (received.empty()) return Error::because("the bundle sent no terminal");
  terminal_ = std::move(received.front());
  return Done{};
}

Result<int> ExecSession::stay() {
  HITCH_CHECK(look_at_notifications());  // it may have ended before its start was answered
  while (!exit_code_) {
    const bool relays = terminal_.is_open();
    std::array<pollfd, 4> events{pollfd{client_.fd(), POLLIN, 0}, pollfd{signals_.fd(), POLLIN, 0},
                                 pollfd{relays ? terminal_.get() : -1, POLLIN, 0},
                                 pollfd{relays && input_is_open_ ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) {
      return Error::from_errno(errno, "wait");
    }
    if (events[1].revents != 0) pass_signals();
    if (events[2].revents != 0 && !pass_output()) terminal_.reset();
    if (events[3].revents != 0) pass_input();
    if (events[0].revents != 0) HITCH_CHECK(look_at_notifications());
  }
  // What it wrote last is still in the terminal.
  while (terminal_.is_open()) {
    pollfd more{terminal_.get(), POLLIN, 0};
    if (::poll(&more, 1, 0) <= 0 || (more.revents & POLLIN) == 0 || !pass_output()) break;
  }
  return *exit_code_;
}

Status ExecSession::look_at_notifications() {
  for (;;) {
    HITCH_TRY(const auto message, client_.arrived_notification());
    if (!message) break;
    const auto* params = message->if_contains("params");
    if (params == nullptr || message->at("method") != "exec.ended") continue;
    if (params->at("exec").as_int64() != number_) continue;
    exit_code_ = static_cast<int>(params->at("exit_code").as_int64());
  }
  if (!exit_code_ && client_.is_closed()) {
    return Error::because("the bundle ended before the command did");
  }
  return Done{};
}

void ExecSession::pass_signals() {
  for (int signal = signals_.take(); signal != 0; signal = signals_.take()) {
    if (signal != SIGWINCH) {
      (void)client_.send("exec.signal", {{"exec", number_}, {"signal", signal}});
    } else if (terminal_.is_open()) {
      const auto size = size_of_terminal();
      (void)::ioctl(terminal_.get(), TIOCSWINSZ, &size);
    }
  }
}

void ExecSession::pass_input() {
  std::array<char, 4096> buffer;
  const auto n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (n < 0 && errno == EINTR) return;
  if (n <= 0) {
    // To a program on a terminal the end of input is a key. termios(3), VEOF
    constexpr std::string_view kEndOfFile = "\x04";
    (void)write_fully(terminal_.get(), kEndOfFile);
    input_is_open_ = false;
    return;
  }
  (void)write_fully(terminal_.get(), {buffer.data(), static_cast<std::size_t>(n)});
}

bool ExecSession::pass_output() {
  std::array<char, 16384> buffer;
  const auto n = ::read(terminal_.get(), buffer.data(), buffer.size());
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;  // EIO: the last process has let go of the terminal
  (void)write_fully(STDOUT_FILENO, {buffer.data(), static_cast<std::size_t>(n)});
  return true;
}

}  // namespace

Result<int> run_exec(ControlClient& client, const ExecCall& call) {
  const SignalsTaken signals(kPassedOn);
  ExecSession session(client, signals);
  HITCH_CHECK(session.start(call));
  const RawTerminal raw(call.terminal ? STDIN_FILENO : -1);
  return session.stay();
}

}  // namespace hitch
