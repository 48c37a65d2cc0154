#include "runtime/ready/http.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "runtime/ready/connect.h"
#include "runtime/ready/side_by_side.h"

namespace hitch {

namespace {

namespace beast_http = boost::beast::http;

using Socket = asio::ip::tcp::socket;
using Parser = beast_http::response_parser<beast_http::string_body>;

constexpr std::uint32_t kHeaderLimitBytes = 64 << 10;
constexpr std::size_t kBodyLimitBytes = std::size_t{256} << 10;
/// How long the rest of an answer whose status is known is waited for.
constexpr std::chrono::milliseconds kBodyLimit{200};

using Request = beast_http::request<beast_http::empty_body>;

Request request_of(const HttpReady& http) {
  const std::string path = http.path.starts_with('/') ? http.path : '/' + http.path;
  Request request(beast_http::verb::get, path, 11);
  request.set(beast_http::field::host, host_and_port(http.host, http.port));
  request.set(beast_http::field::user_agent, "hitch");
  request.set(beast_http::field::accept, "*/*");
  request.set(beast_http::field::connection, "close");
  return request;
}

bool is_wanted(int status, const HttpReady& http) {
  if (http.status != 0) return status == http.status;
  return status >= 200 && status <= 399;
}

/// What of the body comes in a short time is read: many a server prints a stack trace when its
/// client leaves in the middle.
Task<Done> read_body(Socket* socket, boost::beast::flat_buffer* buffer, Parser* parser) {
  (void)co_await beast_http::async_read(*socket, *buffer, *parser, kTuple);  // the status decides
  co_return Done{};
}

/// @param answered  set as soon as the wanted status has come
Task<Done> try_to_get(ReadyTarget* target, Socket::endpoint_type endpoint, const HttpReady* http,
                      bool* answered) {
  HITCH_CO_TRY(auto socket, co_await connect_inside(target, endpoint));
  const Request request = request_of(*http);
  const auto [unsent, sent] = co_await beast_http::async_write(socket, request, kTuple);
  if (unsent) co_return Error::from_errno(unsent.value(), "send request");
  boost::beast::flat_buffer buffer(kHeaderLimitBytes + kBodyLimitBytes);
  Parser parser;
  parser.header_limit(kHeaderLimitBytes);
  parser.body_limit(kBodyLimitBytes);
  const auto [unread, got] = co_await beast_http::async_read_header(socket, buffer, parser, kTuple);
  if (unread) co_return Error::because("read answer: " + unread.message());
  *answered = is_wanted(static_cast<int>(parser.get().result_int()), *http);
  auto rest = read_body(&socket, &buffer, &parser);
  co_return co_await run_for(std::move(rest), kBodyLimit);
}

}  // namespace

Task<Done> wait_for_http(const HttpReady* http, Milliseconds interval, ReadyTarget* target) {
  const auto addresses = addresses_of(http->host);
  for (;;) {
    for (const auto& address : addresses) {
      bool answered = false;
      const Socket::endpoint_type endpoint(address, http->port);
      auto attempt = try_to_get(target, endpoint, http, &answered);
      (void)co_await run_for(std::move(attempt), kAttemptLimit);  // why it failed is all the same
      if (answered) co_return Done{};
    }
    HITCH_CO_CHECK(co_await sleep_for(interval));
  }
}

}  // namespace hitch
