#include "runtime/control/server.h"

#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "runtime/base/unix_socket.h"
#include "runtime/control/connection.h"
#include "runtime/control/methods.h"
#include "runtime/control/peer.h"

namespace hitch {

namespace {

/// More at once are turned away: each holds memory and a descriptor.
constexpr int kMostClients = 128;
/// While so many requests of one client are under way, no more are read.
constexpr std::size_t kMostUnderWay = 64;
constexpr Milliseconds kUntilDescriptorsAreFree{100};

}  // namespace

Task<Done> serve_client(asio::any_io_executor executor, UniqueFd socket, ControlTarget* target) {
  Connection connection(executor, std::move(socket));
  TaskGroup tasks(executor);
  Event finished(executor);
  std::size_t under_way = 0;
  ClientState client{.target = target, .connection = &connection, .tasks = &tasks};
  Status status = Done{};
  for (;;) {
    while (under_way >= kMostUnderWay && status) status = co_await finished.wait();
    if (!status) break;
    auto message = co_await connection.receive();
    if (!message && message.error().kind() == Kind::kUsage) {
      connection.send(refusal_line({RpcCode::kInvalidRequest, message.error().message(), {}}));
    }
    if (!message || !*message) break;
    RpcRequest request;
    RpcRefusal refusal;
    if (!parse_request(**message, request, refusal)) {
      connection.send(refusal_line(refusal));
      continue;
    }
    ++under_way;
    std::vector<UniqueFd> fds;  // what nobody needs is closed
    if (takes_descriptors(request) || !connection.has_more()) fds = connection.take_fds();
    tasks.spawn(carry_out(&client, std::move(request), std::move(fds)), [&](Status) {
      --under_way;
      finished.wake_all();
    });
  }
  co_await ignore_stop();
  client.events.reset();
  for (const auto& [number, exec] : client.execs) exec->signal(SIGHUP);  // nobody listens any more
  co_await tasks.stop();
  connection.close();
  co_return Done{};
}

ControlServer::ControlServer(const asio::any_io_executor& executor, UniqueFd listening,
                             ControlTarget* target, std::function<void(std::string)> on_refusal)
    : listening_(executor, listening.release()),
      target_(target),
      on_refusal_(std::move(on_refusal)),
      tasks_(executor) {}

Result<std::unique_ptr<ControlServer>> ControlServer::open(
    const asio::any_io_executor& executor, const std::string& path, ControlTarget* target,
    std::function<void(std::string)> on_refusal) {
  HITCH_TRY(auto socket, listen_at(path));
  auto server =
      std::make_unique<ControlServer>(executor, std::move(socket), target, std::move(on_refusal));
  server->tasks_.spawn(server->accept_all());
  return server;
}

asio::awaitable<void> ControlServer::stop() {
  co_await tasks_.stop();
}

void ControlServer::serve(UniqueFd socket, TaskGroup::OnDone on_end) {
  tasks_.spawn(serve_client(listening_.get_executor(), std::move(socket), target_),
               std::move(on_end));
}

Task<Done> ControlServer::accept_all() {
  for (;;) {
    const auto [ec] = co_await listening_.async_wait(listening_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for clients");
    UniqueFd socket(
        ::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      accept_one(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE) {
      HITCH_CO_CHECK(co_await sleep_for(kUntilDescriptorsAreFree));  // it stays ready meanwhile
    }
  }
}

void ControlServer::accept_one(UniqueFd socket) {
  if (const auto peer = check_peer(socket.get()); !peer) return on_refusal_(peer.error().message());
  if (clients_ >= kMostClients) {
    const auto why = Error::because("128 clients are connected to the bundle already");
    const auto line = failure_line(nullptr, why);
    (void)::send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return on_refusal_("more than 128 clients at once were refused");
  }
  ++clients_;
  tasks_.spawn(serve_client(listening_.get_executor(), std::move(socket), target_),
               [this](Status) { --clients_; });
}

}  // namespace hitch
