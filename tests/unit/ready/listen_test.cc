#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_target.h"
#include "introspect/net_diag.h"
#include "introspect/net_sockets.h"

namespace hitch {
namespace {

using testing::listen_somewhere;
using testing::ReadyTest;
using testing::say_and_stay;
using testing::TestChild;

class ListenReadyTest : public ReadyTest {
 protected:
  static ReadyCondition listen_on(int port) {
    return {ListenReady{static_cast<std::uint16_t>(port)}};
  }
  /// Until the socket table has been looked at a few times.
  void expect_not_ready() {
    const int before = target.looks;
    expect_waiting_after([&] { return target.looks >= before + 5; });
  }
};

void listen_and_stay(int report, int family) {
  const auto listening = listen_somewhere(family);
  say_and_stay(report, listening.port);
}

TEST_F(ListenReadyTest, TheMainProcessListens) {
  const TestChild child([](int report) { listen_and_stay(report, AF_INET); });
  ASSERT_GT(child.word(), 0);
  target.main = child.pid();
  start(listen_on(child.word()));
  expect_ready();
}

TEST_F(ListenReadyTest, IPv6IsAsGood) {
  const TestChild child([](int report) { listen_and_stay(report, AF_INET6); });
  if (child.word() == 0) GTEST_SKIP() << "no IPv6 here";
  target.main = child.pid();
  start(listen_on(child.word()));
  expect_ready();
}

TEST_F(ListenReadyTest, TheTableIsReadWhereTheKernelCannotBeAsked) {
  const TestChild child([](int report) { listen_and_stay(report, AF_INET); });
  target.main = child.pid();
  target.refuse_diag = true;
  start(listen_on(child.word()));
  expect_ready();
}

TEST_F(ListenReadyTest, AChildOfTheMainProcessListens) {
  const TestChild child([](int report) {
    if (::fork() == 0) listen_and_stay(report, AF_INET);
    for (;;) (void)::pause();
  });
  target.main = child.pid();
  start(listen_on(child.word()));
  expect_ready();
}

TEST_F(ListenReadyTest, AnOrphanInTheSessionOfTheServiceListens) {
  const TestChild child([](int report) {
    (void)::setsid();
    if (::fork() == 0) {
      if (::fork() == 0) {
        while (::getppid() != 1 && ::getpgid(::getppid()) == ::getpgrp()) ::usleep(1000);
        listen_and_stay(report, AF_INET);
      }
      ::_exit(0);
    }
    for (;;) (void)::pause();
  });
  target.main = child.pid();
  start(listen_on(child.word()));
  expect_ready();
}

TEST_F(ListenReadyTest, AnotherProcessOfTheBundleThatListensDoesNotCount) {
  const TestChild other([](int report) {
    (void)::setsid();
    listen_and_stay(report, AF_INET);
  });
  const TestChild child([](int report) {
    (void)::setsid();
    say_and_stay(report, 1);
  });
  target.main = child.pid();
  start(listen_on(other.word()));
  expect_not_ready();
}

TEST_F(ListenReadyTest, AProcessThatSharesTheSessionOfInitIsNotTheServicesOwn) {
  const TestChild other([](int report) { listen_and_stay(report, AF_INET); });
  const TestChild child([](int report) { say_and_stay(report, 1); });
  target.main = child.pid();
  start(listen_on(other.word()));
  expect_not_ready();
}

TEST_F(ListenReadyTest, ASocketThatIsBoundAndDoesNotListenDoesNotCount) {
  const TestChild child([](int report) {
    const auto listening = listen_somewhere(AF_INET);
    (void)::shutdown(listening.socket.get(), SHUT_RDWR);  // keeps the port, ends listening
    say_and_stay(report, listening.port);
  });
  target.main = child.pid();
  start(listen_on(child.word()));
  expect_not_ready();
}

TEST_F(ListenReadyTest, AServiceThatHasEndedIsNotReady) {
  target.main = 0;
  const auto listening = listen_somewhere(AF_INET);
  start(listen_on(listening.port));
  expect_not_ready();
}

TEST_F(ListenReadyTest, ItBecomesReadyLater) {
  const TestChild child([](int report) { say_and_stay(report, 1); });
  auto listening = listen_somewhere(AF_INET);
  target.main = child.pid();
  start(listen_on(listening.port));
  expect_not_ready();
  target.main = ::getpid();
  expect_ready();
}

TEST_F(ListenReadyTest, ItStopsWhileItWaits) {
  target.main = 0;
  start(listen_on(1));
  expect_not_ready();
  stop();
}

TEST(NetDiagTest, TheKernelSaysTheSameAsTheTable) {
  const UniqueFd diag(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 4));
  ASSERT_TRUE(diag.is_open());
  for (const int family : {AF_INET, AF_INET6}) {
    const auto listening = listen_somewhere(family);
    const auto other = listen_somewhere(family);
    const auto asked = ask_listening_sockets(diag.get(), listening.port);
    ASSERT_TRUE(asked) << asked.error().message();
    const auto read = listening_sockets(::getpid(), listening.port);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*asked, *read);
    EXPECT_EQ(asked->size(), listening.port == 0 ? 0u : 1u);
  }
}

TEST(NetDiagTest, ASocketOfAnotherKindIsAnError) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto asked = ask_listening_sockets(socket.get(), 80);
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().message(), "ask for sockets: Invalid argument");
}

}  // namespace
}  // namespace hitch
