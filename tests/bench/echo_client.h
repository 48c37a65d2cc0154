#pragma once

#include <cstdint>

#include "bench/command.h"

namespace hitch::bench {

/// One connection to an echo_server on this machine. Whatever takes more than a minute is a
/// BenchError. Each connection is good for one of the things here, round trips aside.
class EchoClient {
 public:
  /// @param port  of 127.0.0.1
  explicit EchoClient(std::uint16_t port);

  /// So many bytes there, until the server says that it has them all.
  Span send_bulk(std::uint64_t bytes);
  /// So many bytes from there.
  Span receive_bulk(std::uint64_t bytes);
  /// So many bytes there and back; at most 64.
  Span round_trip(std::size_t bytes);
  /// Until the server has closed it too.
  void finish();

 private:
  void send(const void* data, std::size_t size);
  void receive(void* data, std::size_t size);
  std::size_t receive_some(void* data, std::size_t room);
  UniqueFd socket_;
};

}  // namespace hitch::bench
