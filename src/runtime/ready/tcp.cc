#include "runtime/ready/tcp.h"

#include <utility>

#include "runtime/ready/connect.h"
#include "runtime/ready/side_by_side.h"

namespace hitch {

namespace {

Task<Done> try_to_connect(ReadyTarget* target, asio::ip::tcp::endpoint endpoint, bool* connected) {
  HITCH_CO_TRY(const auto socket, co_await connect_inside(target, endpoint));
  *connected = socket.is_open();
  co_return Done{};
}

}  // namespace

Task<Done> wait_for_tcp(const TcpReady* tcp, Milliseconds interval, ReadyTarget* target) {
  const auto addresses = addresses_of(tcp->host);
  for (;;) {
    for (const auto& address : addresses) {
      bool connected = false;
      const asio::ip::tcp::endpoint endpoint(address, tcp->port);
      auto attempt = try_to_connect(target, endpoint, &connected);
      (void)co_await run_for(std::move(attempt), kAttemptLimit);  // why it failed is all the same
      if (connected) co_return Done{};
    }
    HITCH_CO_CHECK(co_await sleep_for(interval));
  }
}

}  // namespace hitch
