#include "runtime/network/publish.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/network/relay.h"

namespace hitch {

namespace {

/// Each takes six descriptors.
constexpr int kMostConnections = 1000;
constexpr Milliseconds kUntilDescriptorsAreFree{100};

/// An address of either family. ip(7), ipv6(7)
struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Address address_v4(const in_addr& host, std::uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.bytes);
  v4->sin_family = AF_INET;
  v4->sin_addr = host;
  v4->sin_port = htons(port);
  address.size = sizeof(sockaddr_in);
  return address;
}

Address address_v6(const in6_addr& host, std::uint16_t port) {
  Address address;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  v6->sin6_family = AF_INET6;
  v6->sin6_addr = host;
  v6->sin6_port = htons(port);
  address.size = sizeof(sockaddr_in6);
  return address;
}

Result<Address> parse_address(const std::string& host, std::uint16_t port) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return address_v4(v4, port);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return address_v6(v6, port);
  return Error::from_errno(EINVAL, "use address", host);
}

std::uint16_t port_of(int socket) {
  Address address;
  address.size = sizeof address.bytes;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address.bytes), &address.size) != 0) {
    return 0;
  }
  if (address.bytes.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.bytes)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.bytes)->sin_port);
}

void set_flag(int socket, int level, int name) {
  const int on = 1;
  (void)::setsockopt(socket, level, name, &on, sizeof on);
}

/// Closing resets the connection, as no listener would refuse it.
void reset_when_closed(int socket) {
  const linger now{1, 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Task<Done> connect_to_address(asio::posix::stream_descriptor* socket, Address address) {
  if (::connect(socket->native_handle(), address.get(), address.size) == 0) co_return Done{};
  if (errno != EINPROGRESS) co_return Error::from_errno(errno, "connect");
  const auto [ec] = co_await socket->async_wait(socket->wait_write, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for a connection");
  int err = 0;
  socklen_t size = sizeof err;
  (void)::getsockopt(socket->native_handle(), SOL_SOCKET, SO_ERROR, &err, &size);
  if (err != 0) co_return Error::from_errno(err, "connect");
  co_return Done{};
}

}  // namespace

PublishedPortProxy::PublishedPortProxy(const asio::any_io_executor& executor, UniqueFd listening,
                                       Ports ports)
    : listening_(executor, listening.release()), ports_(std::move(ports)), tasks_(executor) {
  ports_.host_port = port_of(listening_.native_handle());
}

Result<std::unique_ptr<PublishedPortProxy>> PublishedPortProxy::open(
    const asio::any_io_executor& executor, const Ports& ports) {
  HITCH_TRY(const auto address, parse_address(ports.host_address, ports.host_port));
  UniqueFd socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error::from_errno(errno, "create a socket");
  set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (::bind(socket.get(), address.get(), address.size) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    const int err = errno;
    return Error::from_errno(err, "listen on",
                             ports.host_address + ':' + std::to_string(ports.host_port));
  }
  return std::make_unique<PublishedPortProxy>(executor, std::move(socket), ports);
}

void PublishedPortProxy::start(MakeSocket make_socket) {
  make_socket_ = std::move(make_socket);
  tasks_.spawn(accept_all());
}

asio::awaitable<void> PublishedPortProxy::stop() {
  boost::system::error_code ignored;
  listening_.close(ignored);
  co_await tasks_.stop();
}

Task<Done> PublishedPortProxy::accept_all() {
  for (;;) {
    const auto [ec] = co_await listening_.async_wait(listening_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for connections");
    const bool is_full = connections_ >= kMostConnections;
    UniqueFd socket;
    if (!is_full) {
      socket.reset(
          ::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    if (socket.is_open()) {
      ++connections_;
      tasks_.spawn(serve(std::move(socket)), [this](Status) { --connections_; });
    } else if (is_full || errno == EMFILE || errno == ENFILE) {
      HITCH_CO_CHECK(co_await sleep_for(kUntilDescriptorsAreFree));  // it stays ready meanwhile
    }
  }
}

Task<Done> PublishedPortProxy::serve(UniqueFd accepted) {
  set_flag(accepted.get(), IPPROTO_TCP, TCP_NODELAY);
  asio::posix::stream_descriptor outside(listening_.get_executor(), accepted.release());
  asio::posix::stream_descriptor inside(listening_.get_executor());
  auto connected = co_await connect_inside(&inside);
  if (!connected) {
    reset_when_closed(outside.native_handle());
    co_return connected;
  }
  set_flag(inside.native_handle(), IPPROTO_TCP, TCP_NODELAY);
  const auto relayed = co_await relay(&outside, &inside);
  if (!relayed) {
    reset_when_closed(outside.native_handle());
    reset_when_closed(inside.native_handle());
  }
  co_return relayed;
}

/// A service may listen on either loopback.
Task<Done> PublishedPortProxy::connect_inside(asio::posix::stream_descriptor* inside) {
  in_addr loopback_v4{};
  loopback_v4.s_addr = htonl(INADDR_LOOPBACK);
  Status status = Done{};
  for (const int family : {AF_INET, AF_INET6}) {
    auto made = make_socket_(family);
    HITCH_CO_TRY(auto socket, co_await std::move(made));
    boost::system::error_code ignored;
    inside->close(ignored);
    inside->assign(socket.release());
    const Address address = family == AF_INET ? address_v4(loopback_v4, ports_.bundle_port)
                                              : address_v6(in6addr_loopback, ports_.bundle_port);
    status = co_await connect_to_address(inside, address);
    if (status) co_return Done{};
  }
  co_return status;
}

}  // namespace hitch
