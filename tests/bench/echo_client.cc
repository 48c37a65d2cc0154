#include "bench/echo_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "bench/echo_protocol.h"

namespace hitch::bench {

namespace {

constexpr timeval kPatience{60, 0};

[[noreturn]] void fail(const std::string& what) {
  throw BenchError(what + ": " + std::strerror(errno));
}

void set_option(const UniqueFd& socket, int level, int name, const auto& value) {
  if (::setsockopt(socket.get(), level, name, &value, sizeof value) != 0) fail("set up a socket");
}

/// Where bulk data come from and go to.
std::array<char, 256 * 1024>& bulk() {
  static std::array<char, 256 * 1024> bytes{};
  return bytes;
}

}  // namespace

EchoClient::EchoClient(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  set_option(socket_, SOL_SOCKET, SO_SNDTIMEO, kPatience);  // connect(2) too keeps to it
  set_option(socket_, SOL_SOCKET, SO_RCVTIMEO, kPatience);
  set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to port " + std::to_string(port));
  }
}

Span EchoClient::send_bulk(std::uint64_t bytes) {
  const Stopwatch watch;
  send(&kSink, 1);
  for (std::uint64_t left = bytes; left > 0;) {
    const auto size = std::min<std::uint64_t>(left, bulk().size());
    send(bulk().data(), size);
    left -= size;
  }
  (void)::shutdown(socket_.get(), SHUT_WR);
  std::uint64_t arrived = 0;
  receive(&arrived, sizeof arrived);
  const Span took = watch.elapsed();
  if (arrived != bytes) throw BenchError("not all bytes have arrived");
  return took;
}

Span EchoClient::receive_bulk(std::uint64_t bytes) {
  const Stopwatch watch;
  std::array<char, 1 + sizeof bytes> request{kSource};
  std::memcpy(request.data() + 1, &bytes, sizeof bytes);
  send(request.data(), request.size());
  for (std::uint64_t left = bytes; left > 0;) {
    const std::size_t n = receive_some(bulk().data(), bulk().size());
    if (n == 0) throw BenchError("not all bytes have come");
    left -= std::min<std::uint64_t>(left, n);
  }
  return watch.elapsed();
}

Span EchoClient::round_trip(std::size_t bytes) {
  const std::array<char, 64> there{kEcho};
  std::array<char, 64> back{};
  const Stopwatch watch;
  send(there.data(), bytes);
  receive(back.data(), bytes);
  return watch.elapsed();
}

void EchoClient::finish() {
  (void)::shutdown(socket_.get(), SHUT_WR);
  char byte = 0;
  if (receive_some(&byte, 1) != 0) throw BenchError("more came than was sent");
  socket_.reset();
}

void EchoClient::send(const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::send(socket_.get(), from, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("send");
    from += n;
    size -= static_cast<std::size_t>(n);
  }
}

void EchoClient::receive(void* data, std::size_t size) {
  char* to = static_cast<char*>(data);
  while (size > 0) {
    const std::size_t n = receive_some(to, size);
    if (n == 0) throw BenchError("the connection has ended early");
    to += n;
    size -= n;
  }
}

std::size_t EchoClient::receive_some(void* data, std::size_t room) {
  for (;;) {
    const ssize_t n = ::recv(socket_.get(), data, room, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail("receive");
  }
}

}  // namespace hitch::bench
