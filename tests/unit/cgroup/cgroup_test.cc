#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cgroup/group_files.h"
#include "runtime/cgroup/group_record.h"
#include "runtime/cgroup/own_groups.h"

namespace hitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OwnGroups, OfVersionTwo) {
  const auto own = parse_own_groups(
      "0::/user.slice/user-1000.slice/user@1000.service/app.slice/terminal.scope\n",
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
  ASSERT_TRUE(own.unified);
  EXPECT_EQ(own.unified->root, "/sys/fs/cgroup");
  EXPECT_EQ(own.unified->group,
            "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/terminal.scope");
  EXPECT_THAT(own.by_controller, IsEmpty());
}

TEST(OwnGroups, OfAHybridMachine) {
  const auto own = parse_own_groups(
      "4:memory:/jobs/7\n3:cpu,cpuacct:/\n2:name=systemd:/\n0::/\n",
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
  ASSERT_TRUE(own.unified);
  EXPECT_EQ(own.unified->group, "/sys/fs/cgroup/unified");
  EXPECT_EQ(own.by_controller.at("memory").group, "/sys/fs/cgroup/memory/jobs/7");
  EXPECT_EQ(own.by_controller.at("cpu").group, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(own.by_controller.at("cpu").group, own.by_controller.at("cpuacct").group);
}

TEST(OwnGroups, OfAContainerThatSeesItsPartAlone) {
  const auto own =
      parse_own_groups("4:memory:/docker/abc/job\n3:pids:/docker/other\n2:cpu:/docker/abcdef\n",
                       "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
                       "36 31 0:33 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
                       "37 31 0:34 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  EXPECT_EQ(own.by_controller.at("memory").group, "/sys/fs/cgroup/memory/job");
  EXPECT_EQ(own.by_controller.count("pids"), 0U) << "it is in a group that is not shown";
  EXPECT_EQ(own.by_controller.count("cpu"), 0U) << "the name only begins like that of the root";
}

TEST(OwnGroups, OutsideOfTheNamespaceAreNotTaken) {
  const auto own = parse_own_groups(
      "0::/../other\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
  EXPECT_FALSE(own.unified);
}

TEST(OwnGroups, PathsMayHaveBlanks) {
  const auto own = parse_own_groups("0::/my jobs\n",
                                    "30 23 0:26 / /mnt/control\\040groups rw - cgroup2 none rw\n");
  ASSERT_TRUE(own.unified);
  EXPECT_EQ(own.unified->group, "/mnt/control groups/my jobs");
}

TEST(OwnGroups, NonsenseIsNothing) {
  for (const char* text :
       {"", "\n\n", "0", "0:", "0::", "x - cgroup2", " - ", "1 2 3 4 5 - cgroup2 x"}) {
    const auto own = parse_own_groups(text, text);
    EXPECT_FALSE(own.unified) << text;
    EXPECT_THAT(own.by_controller, IsEmpty()) << text;
  }
}

TEST(GroupFiles, WordsAndNumbers) {
  EXPECT_TRUE(has_word("cpuset cpu memory\n", "cpu"));
  EXPECT_TRUE(has_word("memory", "memory"));
  EXPECT_FALSE(has_word("cpuset memory\n", "cpu"));
  EXPECT_FALSE(has_word("", "cpu"));
  EXPECT_EQ(number_of("oom 2\noom_kill 31\n", "oom_kill"), 31U);
  EXPECT_EQ(number_of("oom 2\noom_kill 31\n", "oom"), 2U);
  EXPECT_EQ(number_of("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "oom_kill"), 1U);
  EXPECT_EQ(number_of("max\n", "max"), 0U);
}

TEST(GroupRecord, IsReadAsItWasWritten) {
  const auto changes = parse_group_record(
      "group /sys/fs/cgroup/hitch-shop-00112233\nenabled memory pids /sys/fs/cgroup/a b\n"
      "nonsense /etc\ngroup half a li");
  EXPECT_THAT(changes.groups, ElementsAre("/sys/fs/cgroup/hitch-shop-00112233"));
  ASSERT_EQ(changes.enabled.size(), 1U);
  EXPECT_EQ(changes.enabled[0].parent, "/sys/fs/cgroup/a b");
  EXPECT_THAT(changes.enabled[0].controllers, ElementsAre(Controller::kMemory, Controller::kPids));
}

TEST(GroupRecord, WhatIsNoGroupIsNotRemoved) {
  const std::filesystem::path place = ::testing::TempDir() + "/hitch-record-test";
  std::filesystem::create_directories(place);
  const GroupRecord record(place / "groups");
  ASSERT_TRUE(record.add_group(place));
  remove_leftover_groups(place / "groups");
  EXPECT_TRUE(std::filesystem::exists(place / "groups"));
  std::filesystem::remove_all(place);
}

}  // namespace
}  // namespace hitch
