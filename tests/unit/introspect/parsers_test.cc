#include "introspect/parsers.h"

#include <gtest/gtest.h>

#include <string>

namespace hitch {
namespace {

constexpr std::string_view kStat =
    "1234 (python3) S 1200 1234 1234 0 -1 4194304 2763 0 0 0 57 12 0 0 20 0 1 0 94512 31952896 "
    "2419 18446744073709551615 1 1 0 0 0 0 0 16781312 2 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

constexpr std::string_view kHeading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     ";
constexpr std::string_view kListening =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "48213 1 0000000000000000 100 0 0 10 0                     ";
constexpr std::string_view kEstablished =
    "  12: 0100007F:1F90 0200007F:D431 01 00000000:00000000 02:000A7214 00000000     0        0 "
    "50000 2 0000000000000000 20 4 30 10 -1                    ";
constexpr std::string_view kListeningV6 =
    "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000    33        0 777 1 0000000000000000 100 0 0 10 0";

TEST(ParseStatTest, TheFieldsAreThoseOfTheManual) {
  const auto stat = parse_stat(kStat);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 1234);
  EXPECT_EQ(stat->comm, "python3");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 1200);
  EXPECT_EQ(stat->process_group, 1234);
  EXPECT_EQ(stat->session, 1234);
  EXPECT_EQ(stat->utime, 57u);
  EXPECT_EQ(stat->stime, 12u);
  EXPECT_EQ(stat->start_time, 94512u);
}

TEST(ParseStatTest, ANameMayHoldBracketsBlanksAndNewlines) {
  std::string line(kStat);
  line.replace(line.find("python3"), 7, ") R 1 (a\n b) ");
  const auto stat = parse_stat(line);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->comm, ") R 1 (a\n b) ");
  EXPECT_EQ(stat->parent, 1200);
}

TEST(ParseStatTest, TheLastFieldThatIsReadMayBeTheLastOfTheLine) {
  const auto end = kStat.find(" 31952896");
  EXPECT_TRUE(parse_stat(kStat.substr(0, end)));
  EXPECT_TRUE(parse_stat(std::string(kStat.substr(0, end)) + "\n"));
}

TEST(ParseStatTest, WhatIsCutOrGarbledIsNoLine) {
  const auto end = kStat.find(" 94512");
  for (std::size_t size = 0; size <= end; ++size) {
    EXPECT_FALSE(parse_stat(kStat.substr(0, size))) << size;
  }
  for (const auto* text :
       {"", ")", "(", ")(", "()", "1 ()", "1 () ", "x (a) S 1 1 1",
        "1 (a) SS 1 1 1 0 -1 0 0 0 0 0 57 12 0 0 20 0 1 0 94512",
        "1 (a) S -x 1 1 0 -1 0 0 0 0 0 57 12 0 0 20 0 1 0 94512",
        "1 (a) S 1 1 1 0 -1 0 0 0 0 0 57 12 0 0 20 0 1 0 99999999999999999999"}) {
    EXPECT_FALSE(parse_stat(text)) << text;
  }
}

TEST(ParseTcpLineTest, AListeningSocketOfV4) {
  const auto socket = parse_tcp_line(kListening);
  ASSERT_TRUE(socket);
  EXPECT_FALSE(socket->is_v6);
  EXPECT_EQ(socket->local, (SocketEnd{{127, 0, 0, 1}, 8080}));
  EXPECT_EQ(socket->remote, SocketEnd{});
  EXPECT_EQ(socket->state, TcpState::kListen);
  EXPECT_EQ(socket->uid, 1000u);
  EXPECT_EQ(socket->inode, 48213u);
}

TEST(ParseTcpLineTest, AConnectionHasTwoEnds) {
  const auto socket = parse_tcp_line(kEstablished);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, TcpState::kEstablished);
  EXPECT_EQ(socket->remote, (SocketEnd{{127, 0, 0, 2}, 54321}));
}

TEST(ParseTcpLineTest, AListeningSocketOfV6) {
  const auto socket = parse_tcp_line(kListeningV6);
  ASSERT_TRUE(socket);
  EXPECT_TRUE(socket->is_v6);
  SocketEnd expected{{}, 80};
  expected.address[15] = 1;
  EXPECT_EQ(socket->local, expected);
  EXPECT_EQ(socket->inode, 777u);
}

TEST(ParseTcpLineTest, TheHeadingIsNoSocket) {
  EXPECT_FALSE(parse_tcp_line(kHeading));
}

TEST(ParseTcpLineTest, WhatIsCutOrGarbledIsNoSocket) {
  for (const auto line : {kListening, kListeningV6}) {
    const auto end = line.find(" 0 ", line.find(" 0A ")) + 3;  // before the inode
    for (std::size_t size = 0; size < end; ++size) {
      EXPECT_FALSE(parse_tcp_line(line.substr(0, size))) << size;
    }
  }
  for (const auto* text :
       {"0: 0100007F1F90 00000000:0000 0A a b c 0 0 1", "0: 0100007F: 00000000:0000 0A a b c 0 0 1",
        "0: 0100007F:1F90F 00000000:0000 0A a b c 0 0 1",
        "0: 0100007G:1F90 00000000:0000 0A a b c 0 0 1", "0: :::::::: :::::: 0A a b c 0 0 1",
        "0: 0100007F:1F90 00000000:0000 0A a b c 0 0 -1",
        "0: 0100007F:1F90 00000000:0000 FFF a b c 0 0 1"}) {
    EXPECT_FALSE(parse_tcp_line(text)) << text;
  }
}

TEST(ParseSocketLinkTest, OnlySocketsHaveOne) {
  EXPECT_EQ(parse_socket_link("socket:[12345]"), 12345u);
  for (const auto* text : {"", "socket:[", "socket:[]", "socket:[1", "socket:[x]", "pipe:[1]",
                           "socket:[-1]", "/tmp/socket:[1]", "socket:[99999999999999999999]"}) {
    EXPECT_FALSE(parse_socket_link(text)) << text;
  }
}

TEST(TakeLineTest, TheLastLineNeedsNoNewline) {
  std::string_view text = "a\n\nb";
  EXPECT_EQ(take_line(text), "a");
  EXPECT_EQ(take_line(text), "");
  EXPECT_EQ(take_line(text), "b");
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace hitch
