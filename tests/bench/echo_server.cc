// echo_server [PORT]: serves 127.0.0.1, one connection after the other, as echo_protocol.h says.
// Without PORT, or with 0, any free one. Says "listening on PORT" first.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "bench/echo_protocol.h"
#include "fixture_programs/fixture.h"

namespace {

using namespace hitch::bench;

char buffer[256 * 1024];

/// @return 0 at the end
std::size_t read_some(int socket) {
  for (;;) {
    const ssize_t n = ::read(socket, buffer, sizeof buffer);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) std::_Exit(1);
  }
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, any, &size) != 0) {
    std::exit(1);
  }
  fixture::say(("listening on " + std::to_string(ntohs(address.sin_port))).c_str());
  return listener;
}

/// @param n  how much of the connection is in the buffer
void echo(int socket, std::size_t n) {
  for (; n > 0; n = read_some(socket)) fixture::write_all(socket, buffer, n);
}

void sink(int socket, std::size_t n) {
  std::uint64_t count = n - 1;
  while ((n = read_some(socket)) > 0) count += n;
  fixture::write_all(socket, reinterpret_cast<const char*>(&count), sizeof count);
}

void source(int socket, std::size_t n) {
  std::uint64_t left = 0;
  if (n != 1 + sizeof left) std::exit(1);  // so few bytes come in one piece
  std::memcpy(&left, buffer + 1, sizeof left);
  while (left > 0) {
    const auto size = std::min<std::uint64_t>(left, sizeof buffer);
    fixture::write_all(socket, buffer, size);
    left -= size;
  }
}

void serve(int socket) {
  const int on = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::size_t n = read_some(socket);
  if (n == 0) return;
  if (buffer[0] == kEcho) echo(socket, n);
  if (buffer[0] == kSink) sink(socket, n);
  if (buffer[0] == kSource) source(socket, n);
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const int listener = listen_on(static_cast<std::uint16_t>(std::atol(arguments.word(1, "0"))));
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return 1;
    serve(socket);
    (void)::close(socket);
  }
}
