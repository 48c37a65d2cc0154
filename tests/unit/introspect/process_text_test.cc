#include "introspect/process_text.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "introspect/parsers.h"
#include "recorded.h"

namespace hitch::introspect {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using std::string_view_literals::operator""sv;

TEST(ParseStatusTest, KernelsOfAllAges) {
  const auto old = parse_status(kStatus32);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->uids, (Ids<uid_t>{1000, 1001, 1002}));
  EXPECT_EQ(old->gids, (Ids<gid_t>{100, 101, 102}));
  EXPECT_EQ(old->switches.voluntary, 71u);
  EXPECT_EQ(old->switches.involuntary, 5u);
  const auto newer = parse_status(kStatus419);
  ASSERT_TRUE(newer);
  EXPECT_EQ(newer->switches.voluntary, 120965u);
  EXPECT_EQ(newer->switches.involuntary, 6455u);
  EXPECT_TRUE(parse_status(kStatus618));
}

TEST(ParseStatusTest, TheInnerPidIsTheLastOne) {
  EXPECT_EQ(inner_pid_in(kStatus32), 0);
  EXPECT_EQ(inner_pid_in(kStatus419), 1);
  EXPECT_EQ(inner_pid_in(kStatus618), 8841);
  // What is cut might be a part of a number.
  EXPECT_EQ(inner_pid_in("Name:\ta\nNSpid:\t12\t3"), 0);
  EXPECT_EQ(inner_pid_in("Name:\ta\nNSpid:\t12\tx\n"), 0);
  EXPECT_EQ(inner_pid_in("Name:\ta\nNSpid:\t\n"), 0);
}

TEST(ParseStatusTest, ANameCannotForgeLines) {
  // The kernel escapes newlines in names here.
  std::string text(kStatus618);
  text.replace(text.find("sleep"), 5, "\\nUid:\\t7\\t7\\t7\\t7");
  const auto status = parse_status(text);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->uids.real, 0u);
}

TEST(ParseStatusTest, WhatIsCutOrGarbledIsNoStatus) {
  const auto end = kStatus618.find("nonvoluntary_ctxt_switches:\t") + 28;
  for (std::size_t size = 0; size < end; ++size) {
    EXPECT_FALSE(parse_status(kStatus618.substr(0, size))) << size;
  }
  for (const auto* with : {"Uid:\t1\t2", "Uid:\t-1\t2\t3\t4", "Uid:\tx",
                           "Uid:", "Uid:\t1x\t2\t3\t4", "Uid:\t99999999999\t0\t0\t0"}) {
    std::string text(kStatus618);
    const auto at = text.find("Uid:");
    text.replace(at, text.find('\n', at) - at, with);
    EXPECT_FALSE(parse_status(text)) << with;
  }
}

TEST(ParseStatTest, OldAndNewKernels) {
  const auto old = parse_stat(kStat269);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->children_utime, 112u);
  EXPECT_EQ(old->children_stime, 70u);
  EXPECT_EQ(old->start_time, 4518u);
  EXPECT_EQ(old->vsize, 4636672u);
  EXPECT_EQ(old->rss_pages, 361);
  EXPECT_EQ(old->processor, 1);
  EXPECT_EQ(old->block_delay, 0u);
  const auto now = parse_stat(kStat618);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->parent, 8795);
  EXPECT_EQ(now->flags, 4194304u);
  EXPECT_EQ(now->nice, 0);
  EXPECT_EQ(now->threads, 1);
  EXPECT_EQ(now->terminal, 0);
  EXPECT_EQ(now->rss_pages, 421);
  EXPECT_EQ(now->processor, 1);
}

TEST(ParseIoTest, AllSixInAnyOrder) {
  const auto io = parse_io(kIo618);
  ASSERT_TRUE(io);
  const auto mixed = parse_io(
      "write_bytes: 6\nread_bytes: 5\nsyscw: 4\nsyscr: 3\nnew: 9\nwchar: 2\nrchar: 1\n"
      "cancelled_write_bytes: 7\n");
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->read_chars, 1u);
  EXPECT_EQ(mixed->write_chars, 2u);
  EXPECT_EQ(mixed->read_count, 3u);
  EXPECT_EQ(mixed->write_count, 4u);
  EXPECT_EQ(mixed->read_bytes, 5u);
  EXPECT_EQ(mixed->write_bytes, 6u);
  EXPECT_FALSE(parse_io(""));
  EXPECT_FALSE(parse_io("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"));
  EXPECT_FALSE(parse_io("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: x\n"));
}

TEST(ParseStatmTest, PagesBecomeBytes) {
  const auto memory = parse_statm("7 6 5 4 3 2 1\n", 4096);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->vms, 7u * 4096);
  EXPECT_EQ(memory->rss, 6u * 4096);
  EXPECT_EQ(memory->shared, 5u * 4096);
  EXPECT_EQ(memory->text, 4u * 4096);
  EXPECT_EQ(memory->lib, 3u * 4096);
  EXPECT_EQ(memory->data, 2u * 4096);
  EXPECT_EQ(memory->dirty, 1u * 4096);
  EXPECT_TRUE(parse_statm(kStatm618, 4096));
  for (const auto* text : {"", "1 2 3 4 5 6\n", "1 2 3 4 5 6 x\n", "-1 2 3 4 5 6 7\n"}) {
    EXPECT_FALSE(parse_statm(text, 4096)) << text;
  }
}

TEST(SplitCmdlineTest, WordsEndWithNul) {
  EXPECT_THAT(split_cmdline("/bin/sh\0-c\0\0echo a b\0"sv),
              ElementsAre("/bin/sh", "-c", "", "echo a b"));
  EXPECT_THAT(split_cmdline(""sv), IsEmpty());
  EXPECT_THAT(split_cmdline("\0"sv), ElementsAre(""));
  EXPECT_THAT(split_cmdline("\0\0"sv), ElementsAre("", ""));
}

TEST(SplitCmdlineTest, ATitleIsSplitAtBlanks) {
  EXPECT_THAT(split_cmdline("postgres: idle"sv), ElementsAre("postgres:", "idle"));
  EXPECT_THAT(split_cmdline("nginx: worker process\0"sv),
              ElementsAre("nginx:", "worker", "process"));
  EXPECT_THAT(split_cmdline("one\0"sv), ElementsAre("one"));
}

TEST(SplitEnvironTest, OnlyAssignmentsUpToTheFirstEmptyOne) {
  EXPECT_THAT(split_environ("A=1\0B=\0C=a=b\0\0D=4\0"sv),
              ElementsAre(Pair("A", "1"), Pair("B", ""), Pair("C", "a=b")));
  EXPECT_THAT(split_environ("A=1\0none\0=x\0A=2\0cut=off"sv), ElementsAre(Pair("A", "2")));
  EXPECT_THAT(split_environ(""sv), IsEmpty());
  EXPECT_THAT(split_environ("\0A=1\0"sv), IsEmpty());
}

TEST(ParseFdinfoTest, PositionAndFlags) {
  const auto info = parse_fdinfo("pos:\t123456789012\nflags:\t0102002\nmnt_id:\t30\nino:\t1\n");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->position, 123456789012);
  EXPECT_EQ(info->flags, 0102002);
  for (const auto* text :
       {"", "pos:\t1\n", "pos:\tx\nflags:\t0\n", "pos:\t1\nflags:\t9\n", "flags:\t0\npos:\t1\n"}) {
    EXPECT_FALSE(parse_fdinfo(text)) << text;
  }
}

TEST(ModeTest, AsOpenWasAsked) {
  EXPECT_EQ(mode_of(O_RDONLY), "r");
  EXPECT_EQ(mode_of(O_WRONLY | O_CREAT), "w");
  EXPECT_EQ(mode_of(O_RDWR), "r+");
  EXPECT_EQ(mode_of(O_WRONLY | O_APPEND), "a");
  EXPECT_EQ(mode_of(O_RDWR | O_APPEND), "a+");
}

TEST(ParseUnixLineTest, PathsMayHoldBlanks) {
  constexpr std::string_view kLine =
      "0000000000000000: 00000003 00000000 00010000 0001 01 25487 /tmp/a  b ";
  const auto socket = parse_unix_line(kLine);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->type, 1);
  EXPECT_EQ(socket->inode, 25487u);
  EXPECT_EQ(socket->path, "/tmp/a  b ");
  const auto nameless = parse_unix_line(kLine.substr(0, kLine.find(" /")));
  ASSERT_TRUE(nameless);
  EXPECT_EQ(nameless->path, "");
  for (const std::string_view text :
       {"Num       RefCount Protocol Flags    Type St Inode Path"sv, ""sv, " "sv,
        kLine.substr(0, kLine.find("25487")), "0: 1 2 3 x 01 7"sv}) {
    EXPECT_FALSE(parse_unix_line(text)) << text;
  }
}

}  // namespace
}  // namespace hitch::introspect
