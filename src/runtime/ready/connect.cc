#include "runtime/ready/connect.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/this_coro.hpp>
#include <utility>

namespace hitch {

namespace {

std::string_view without_brackets(std::string_view host) {
  const bool has_brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  return has_brackets ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::vector<asio::ip::address> addresses_of(std::string_view host) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(std::string(without_brackets(host)), ec);
  if (!ec) return {address};
  if (host == "localhost") {
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  }
  return {asio::ip::address_v4::loopback()};
}

Task<asio::ip::tcp::socket> connect_inside(ReadyTarget* target, asio::ip::tcp::endpoint endpoint) {
  const auto protocol = endpoint.protocol();
  HITCH_CO_TRY(auto fd, co_await target->make_socket(protocol.family(), SOCK_STREAM, IPPROTO_TCP));
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::socket socket(executor);
  boost::system::error_code ec;
  socket.assign(protocol, fd.get(), ec);
  if (ec) co_return Error::from_errno(ec.value(), "use a socket of the bundle");
  (void)fd.release();  // the socket has it now
  const auto [refused] = co_await socket.async_connect(endpoint, kTuple);
  if (refused) co_return Error::from_errno(refused.value(), "connect");
  if (socket.local_endpoint(ec) == endpoint) co_return Error::from_errno(ECONNREFUSED, "connect");
  co_return std::move(socket);
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const auto plain = without_brackets(host);
  const bool is_v6 = plain.find(':') != plain.npos;
  const std::string name = is_v6 ? '[' + std::string(plain) + ']' : std::string(plain);
  return name + ':' + std::to_string(port);
}

}  // namespace hitch
