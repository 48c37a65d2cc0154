#include "introspect/proc_file.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "introspect/fd_links.h"
#include "introspect/net_sockets.h"

namespace hitch {
namespace {

using ::testing::SizeIs;
using ::testing::StartsWith;

/// A pid that no process has: that of a child which has been reaped.
pid_t gone_pid() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  (void)::waitpid(child, nullptr, 0);  // the child cannot fail to end
  return child;
}

TEST(ProcPathTest, APathHasThePidAndTheName) {
  EXPECT_EQ(ProcPath(1, "stat").view(), "/proc/1/stat");
  EXPECT_STREQ(ProcPath(4194304, "net/tcp6").c_str(), "/proc/4194304/net/tcp6");
  EXPECT_EQ(ProcPath(7, std::string(100, 'x')).view(), "/proc/7/" + std::string(40, 'x'));
}

TEST(ReadProcFileTest, TheBeginningFillsTheBuffer) {
  std::array<char, 4> buffer{};
  const auto text = read_proc_file(::getpid(), "comm", buffer);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, "unit");
}

TEST(ReadProcFileTest, AWholeFileMakesTheBufferGrow) {
  std::string buffer;
  const auto text = read_proc_file(::getpid(), "smaps", buffer, 1 << 20);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_GT(text->size(), 8192u);
  EXPECT_EQ(text->back(), '\n');
  const auto again = read_proc_file(::getpid(), "comm", buffer, 1 << 20);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_THAT(*again, StartsWith("unit_introspec"));
}

TEST(ReadProcFileTest, NoMoreThanTheLimitIsRead) {
  std::string buffer;
  const auto text = read_proc_file(::getpid(), "smaps", buffer, 5000);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->size(), 5000u);
}

TEST(ReadProcFileTest, AProcessThatHasEndedIsNamed) {
  const pid_t gone = gone_pid();
  std::array<char, 64> buffer{};
  const auto text = read_proc_file(gone, "stat", buffer);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().err(), ENOENT);
  EXPECT_EQ(text.error().message(),
            "open '/proc/" + std::to_string(gone) + "/stat': No such file or directory");
}

TEST(FdLinksTest, AVisitMayStop) {
  int visits = 0;
  const auto status = visit_fd_links(::getpid(), [&](int, std::string_view) {
    ++visits;
    return Visit::kStop;
  });
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(visits, 1);
  EXPECT_FALSE(holds_socket(gone_pid(), {}));
}

TEST(NetSocketsTest, AListeningSocketIsFoundAndSoIsItsHolder) {
  for (const int family : {AF_INET, AF_INET6}) {
    const UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open() && errno == EAFNOSUPPORT) continue;  // a machine without IPv6
    ASSERT_TRUE(socket.is_open());
    ASSERT_EQ(::listen(socket.get(), 1), 0);  // on any free port
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    const auto port = ntohs(address.sin6_port);  // where sin_port is, too
    const auto inodes = listening_sockets(::getpid(), port);
    ASSERT_TRUE(inodes) << inodes.error().message();
    ASSERT_THAT(*inodes, SizeIs(1));
    const auto held = holds_socket(::getpid(), *inodes);
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(*held);
    const std::array<std::uint64_t, 1> other{(*inodes)[0] + 1'000'000};
    EXPECT_FALSE(*holds_socket(::getpid(), other));
  }
}

TEST(NetSocketsTest, AProcessThatHasEndedHasNoTable) {
  const auto inodes = listening_sockets(gone_pid(), 80);
  ASSERT_FALSE(inodes);
  EXPECT_EQ(inodes.error().err(), ENOENT);
}

}  // namespace
}  // namespace hitch
