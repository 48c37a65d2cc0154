#include "runtime/ready/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "fake_target.h"

namespace hitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadyTest;
using ::testing::StartsWith;
using Tcp = asio::ip::tcp;

TEST(AddressesTest, NamesStandForLoopbacks) {
  const auto v4 = asio::ip::make_address("127.0.0.1"), v6 = asio::ip::make_address("::1");
  EXPECT_THAT(addresses_of("127.0.0.1"), ElementsAre(v4));
  EXPECT_THAT(addresses_of("::1"), ElementsAre(v6));
  EXPECT_THAT(addresses_of("[::1]"), ElementsAre(v6));
  EXPECT_THAT(addresses_of("localhost"), ElementsAre(v4, v6));
  EXPECT_THAT(addresses_of("Postgres"), ElementsAre(v4));
  EXPECT_THAT(addresses_of("10.1.2.3"), ElementsAre(asio::ip::make_address("10.1.2.3")));
}

TEST(HostAndPortTest, AddressesOfV6AreInBrackets) {
  EXPECT_EQ(host_and_port("localhost", 80), "localhost:80");
  EXPECT_EQ(host_and_port("::1", 80), "[::1]:80");
  EXPECT_EQ(host_and_port("[::1]", 80), "[::1]:80");
}

/// What a server does with a connection.
struct Script {
  std::string answer;   ///< sent after the request's header
  bool hang = false;    ///< keep the connection open, without another word
  std::string request;  ///< what came last
  int connections = 0;
};

Task<Done> serve(Tcp::acceptor* acceptor, Script* script) {
  std::vector<Tcp::socket> kept;
  for (;;) {
    auto [refused, socket] = co_await acceptor->async_accept(kTuple);
    if (refused) co_return Error::from_errno(refused.value(), "accept");
    ++script->connections;
    if (!script->answer.empty()) {
      std::string request;
      auto into = asio::dynamic_buffer(request);
      (void)co_await asio::async_read_until(socket, into, "\r\n\r\n", kTuple);
      script->request = request;
      (void)co_await asio::async_write(socket, asio::buffer(script->answer), kTuple);
    }
    if (script->hang) kept.push_back(std::move(socket));
  }
}

class ConnectTest : public ReadyTest {
 protected:
  void SetUp() override {
    acceptor.emplace(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = acceptor->local_endpoint().port();
    ReadyTest::SetUp();
  }
  void TearDown() override { ReadyTest::TearDown(); }
  void serve_it() { group.spawn(serve(&*acceptor, &script)); }
  ReadyCondition tcp(std::string host = "127.0.0.1") const {
    return {TcpReady{std::move(host), port}};
  }
  ReadyCondition http(int status = 0, std::string path = "/health") const {
    return {HttpReady{"127.0.0.1", port, std::move(path), status}};
  }
  /// Until a few attempts have been made in vain.
  void expect_not_ready() {
    const int before = target.looks;
    expect_waiting_after([&] { return target.looks >= before + 5; });
  }

  std::optional<Tcp::acceptor> acceptor;
  std::uint16_t port = 0;
  Script script;
};

/// A port on which nobody listens for the time being.
std::uint16_t unused_port(asio::io_context& io) {
  Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

TEST_F(ConnectTest, TcpIsReadyWhenAConnectionIsAccepted) {
  start(tcp());
  expect_ready();
}

TEST_F(ConnectTest, TcpKnowsServicesByName) {
  start(tcp("Postgres"));
  expect_ready();
}

TEST_F(ConnectTest, TcpWaitsUntilSomebodyListensAlsoOnV6) {
  port = unused_port(io);
  start(tcp("localhost"));
  expect_not_ready();
  boost::system::error_code ec;
  Tcp::acceptor later(io);
  (void)later.open(Tcp::v6(), ec);
  if (ec) GTEST_SKIP() << "no IPv6 here";
  later.set_option(asio::ip::v6_only(true));
  later.bind(Tcp::endpoint(asio::ip::address_v6::loopback(), port));
  later.listen();
  expect_ready();
}

TEST_F(ConnectTest, TcpStopsWhileItWaits) {
  port = unused_port(io);
  start(tcp());
  expect_not_ready();
  stop();
}

TEST_F(ConnectTest, TcpStopsWhileItConnects) {
  // A backlog that is full: a connection is neither accepted nor refused.
  acceptor.emplace(io);
  acceptor->open(Tcp::v4());
  acceptor->bind(Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  acceptor->listen(0);
  port = acceptor->local_endpoint().port();
  std::vector<Tcp::socket> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back(io);
    others.back().async_connect(acceptor->local_endpoint(), [](boost::system::error_code) {});
    settle();
  }
  const auto descriptors = testing::count_descriptors();
  start(tcp());
  expect_waiting_after([&] { return target.looks > 0; });
  settle();
  stop();
  EXPECT_EQ(testing::count_descriptors(), descriptors);
  others.clear();
  settle();
}

TEST_F(ConnectTest, HttpIsReadyWhenTheAnswerIsGood) {
  script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  serve_it();
  start(http());
  expect_ready();
  EXPECT_THAT(script.request, StartsWith("GET /health HTTP/1.1\r\n"));
  EXPECT_THAT(script.request, HasSubstr("Host: 127.0.0.1:" + std::to_string(port) + "\r\n"));
  EXPECT_THAT(script.request, HasSubstr("Connection: close\r\n"));
}

TEST_F(ConnectTest, HttpTakesARedirectForGood) {
  script.answer = "HTTP/1.0 302 Found\r\nLocation: /login\r\n\r\n";
  serve_it();
  start(http());
  expect_ready();
}

TEST_F(ConnectTest, HttpWaitsUntilTheStatusIsRight) {
  script.answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  serve_it();
  start(http());
  expect_not_ready();
  script.answer = "HTTP/1.1 204 No Content\r\n\r\n";
  expect_ready();
}

TEST_F(ConnectTest, HttpMayWantOneStatusAlone) {
  script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  serve_it();
  start(http(401));
  expect_not_ready();
  script.answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
  expect_ready();
}

TEST_F(ConnectTest, HttpDoesNotTakeGarbageForAnAnswer) {
  for (const auto* answer : {"hello\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1"}) {
    script.answer = answer;
    if (!spec.condition.test.index()) serve_it();
    if (!spec.condition.test.index()) start(http());
    expect_not_ready();
  }
}

TEST_F(ConnectTest, HttpDoesNotReadEndlessHeaders) {
  script.answer = "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x');
  serve_it();
  start(http());
  expect_not_ready();
}

TEST_F(ConnectTest, HttpNeedsNotTheEndOfTheBody) {
  script.answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n";
  script.hang = true;
  serve_it();
  start(http());
  expect_ready();
}

TEST_F(ConnectTest, HttpStopsWhileNobodyAnswers) {
  start(http());
  expect_waiting_after([&] { return target.looks > 0; });
  settle();
  stop();
}

TEST_F(ConnectTest, HttpGivesUpOnAServerThatSaysNothingAndTriesAgain) {
  script.hang = true;
  serve_it();
  start(http());
  expect_waiting_after([&] { return script.connections == 2; });
}

}  // namespace
}  // namespace hitch
