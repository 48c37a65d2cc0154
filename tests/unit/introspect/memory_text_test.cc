#include "introspect/memory_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorded.h"

namespace hitch::introspect {
namespace {

using namespace testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ParseSmapsTest, EachNumberIsWhatItSays) {
  const auto maps = parse_smaps(kSmaps510);
  ASSERT_THAT(maps, SizeIs(4));
  const auto& file = maps[0];
  EXPECT_EQ(file.addr, "55ffec366000-55ffec36c000");
  EXPECT_EQ(file.perms, "r--p");
  EXPECT_EQ(file.path, "/bin/a name (deleted)");
  EXPECT_EQ(file.size, 24u * 1024);
  EXPECT_EQ(file.rss, 24u * 1024);
  EXPECT_EQ(file.pss, 3u * 1024);
  EXPECT_EQ(file.shared_clean, 20u * 1024);
  EXPECT_EQ(file.shared_dirty, 1u * 1024);
  EXPECT_EQ(file.private_clean, 2u * 1024);
  EXPECT_EQ(file.private_dirty, 3u * 1024);
  EXPECT_EQ(file.referenced, 24u * 1024);
  EXPECT_EQ(file.anonymous, 4u * 1024);
  EXPECT_EQ(file.swap, 8u * 1024);
  EXPECT_EQ(maps[1].path, "[anon]");
  EXPECT_EQ(maps[1].size, 8u * 1024);
  EXPECT_EQ(maps[1].swap, 0u);
  EXPECT_EQ(maps[2].path, "[stack]");
}

TEST(ParseSmapsTest, KernelsOfAllAges) {
  const auto old = parse_smaps(kSmaps2632);
  ASSERT_THAT(old, SizeIs(1));
  EXPECT_EQ(old[0].path, "/bin/bash");
  EXPECT_EQ(old[0].pss, 374u * 1024);
  EXPECT_EQ(old[0].anonymous, 0u);
  const auto now = parse_smaps(kSmaps618);
  EXPECT_THAT(now, SizeIs(5));
  EXPECT_EQ(now[0].path, "/usr/bin/sleep");
  EXPECT_EQ(now[0].private_clean, 8u * 1024);
  EXPECT_EQ(now[2].path, "[heap]");
}

TEST(ParseSmapsTest, MappingsOfOnePathAddUp) {
  const auto groups = group_by_path(parse_smaps(kSmaps510));
  ASSERT_THAT(groups, SizeIs(3));
  EXPECT_EQ(groups[1].path, "[anon]");
  EXPECT_EQ(groups[1].addr, "");
  EXPECT_EQ(groups[1].size, 12u * 1024);
  EXPECT_EQ(groups[1].rss, 5u * 1024);
}

TEST(ParseSmapsTest, WhatIsGarbledIsPassedOver) {
  EXPECT_THAT(parse_smaps(""), IsEmpty());
  EXPECT_THAT(parse_smaps("\n\n"), IsEmpty());
  EXPECT_THAT(parse_smaps("Rss: 12 kB\nSize: 4 kB\n"), IsEmpty());
  EXPECT_THAT(parse_smaps("no address here\nRss: 12 kB\n"), IsEmpty());
  EXPECT_THAT(parse_smaps("1-2 r--p\nRss: 12 kB\n"), IsEmpty());
  const auto maps = parse_smaps(
      "1-2 r--p 0 0:0 7 /a\nRss:\nPss: x kB\nSize\nSwap: 99999999999999999999 kB\nRss: 1 "
      "kB\nrubbish "
      "in the middle\nPss: 1 kB\n");
  ASSERT_THAT(maps, SizeIs(1));
  EXPECT_EQ(maps[0].rss, 1024u);
  EXPECT_EQ(maps[0].pss, 0u);
  EXPECT_EQ(maps[0].swap, 0u);
}

TEST(ParseRollupTest, PrivatePagesAreTheUss) {
  const auto rollup = parse_rollup(
      "00100000-ff709000 ---p 00000000 00:00 0 [rollup]\nRss: 884 kB\nPss: 385 kB\nPss_Dirty: 9 "
      "kB\n"
      "Private_Clean: 120 kB\nPrivate_Dirty: 68 kB\nPrivate_Hugetlb: 2 kB\nSwap: 5 kB\nSwapPss: 4 "
      "kB\n");
  EXPECT_EQ(rollup.uss, 190u * 1024);
  EXPECT_EQ(rollup.pss, 385u * 1024);
  EXPECT_EQ(rollup.swap, 5u * 1024);
  EXPECT_GT(parse_rollup(kRollup618).pss, 0u);
  EXPECT_EQ(parse_rollup("").uss, 0u);
  EXPECT_EQ(parse_rollup("Private_Clean: x kB\nPss\n").pss, 0u);
}

}  // namespace
}  // namespace hitch::introspect
