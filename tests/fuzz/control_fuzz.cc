// Whatever a client of the control socket sends, it gets nothing but lines of JSON-RPC, the server
// comes to an end with it, and the bundle learns only of calls that are well formed.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/control/server.h"

namespace {

using namespace hitch;

/// A sub-command that has ended at once.
class EndedExec final : public ExecHandle {
 public:
  pid_t pid() const override { return 1; }
  pid_t pid_inside() const override { return 1; }
  UniqueFd take_terminal() override { return {}; }
  void signal(int) override {}
  Task<int> wait() override { co_return 0; }
};

/// A log of three lines.
class ShortFeed final : public LogFeed {
 public:
  Result<std::optional<std::string>> next() override {
    if (lines_ == 0) return std::optional<std::string>();
    --lines_;
    return std::optional<std::string>("{}");
  }
  Task<Done> more() override { co_return Error::because("the end"); }

 private:
  int lines_ = 3;
};

/// A bundle that agrees to everything.
class Agreeing final : public ControlTarget {
 public:
  BundleInfo info(bool) const override { return {}; }
  Task<Done> wait_ready() override { co_return Done{}; }
  void stop(std::string /*by*/) override {}
  Task<Done> start_service(std::string) override { co_return Done{}; }
  Task<Done> stop_service(std::string) override { co_return Done{}; }
  Status signal_service(const std::string&, int) override { return Done{}; }
  Status pause_service(const std::string&) override { return Done{}; }
  Status resume_service(const std::string&) override { return Done{}; }
  Task<int> wait_service(std::string) override { co_return 0; }
  Task<std::shared_ptr<ExecHandle>> exec(ExecRequest request) override {
    if (request.argv.empty()) std::abort();  // the methods have to see to that
    co_return std::make_shared<EndedExec>();
  }
  Status open_gate(std::int64_t, const std::optional<std::string>&) override { return Done{}; }
  Result<TimeInfo> time() const override { return TimeInfo{}; }
  Task<TimeInfo> change_time(TimeChange) override { co_return TimeInfo{}; }
  Result<UniqueFd> open_log() const override { return Error::because("no log"); }
  Result<std::shared_ptr<LogFeed>> follow_log(LogWish) const override {
    return std::shared_ptr<LogFeed>(std::make_shared<ShortFeed>());
  }
  Status add_to_log(const LogRemark&) override { return Done{}; }
  std::shared_ptr<void> on_event(OnEvent) override { return {}; }
};

void expect_messages(std::string_view answers) {
  while (!answers.empty()) {
    const auto end = answers.find('\n');
    if (end == answers.npos) std::abort();
    boost::system::error_code ec;
    const auto message = json::parse(answers.substr(0, end), ec);
    if (ec || !message.is_object() || !message.get_object().contains("jsonrpc")) std::abort();
    answers.remove_prefix(end + 1);
  }
}

std::string read_all(int socket) {
  std::string all;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(n));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What both directions hold without anybody reading. unix(7)
  constexpr std::size_t kMost = 16 * 1024;
  if (size > kMost) return 0;
  auto sockets = std::array<int, 2>{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return 0;
  }
  const UniqueFd client(sockets[0]);
  UniqueFd server(sockets[1]);
  (void)!::write(client.get(), data, size);
  (void)::shutdown(client.get(), SHUT_WR);
  Agreeing bundle;
  asio::io_context loop{1};
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(serve_client(loop.get_executor(), std::move(server), &bundle));
  loop.run();
  expect_messages(read_all(client.get()));
  return 0;
}
