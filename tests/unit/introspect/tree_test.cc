#include "introspect/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace hitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<pid_t> pids(const std::vector<TreeProcess>& processes) {
  std::vector<pid_t> result;
  for (const auto& process : processes) result.push_back(process.pid);
  return result;
}

TEST(ProcessTreeTest, DescendantsComeByGeneration) {
  const ProcessTree tree({{.pid = 30, .parent = 20},
                          {.pid = 10, .parent = 1},
                          {.pid = 40, .parent = 10},
                          {.pid = 20, .parent = 10},
                          {.pid = 11, .parent = 1},
                          {.pid = 12, .parent = 11},
                          {.pid = 5, .parent = 30}});
  EXPECT_THAT(pids(tree.descendants_of(10)), ElementsAre(20, 40, 30, 5));
  EXPECT_THAT(pids(tree.descendants_of(11)), ElementsAre(12));
  EXPECT_THAT(pids(tree.descendants_of(12)), IsEmpty());
  EXPECT_THAT(pids(tree.descendants_of(99)), IsEmpty());
  ASSERT_NE(tree.find(40), nullptr);
  EXPECT_EQ(tree.find(40)->parent, 10);
  EXPECT_EQ(tree.find(41), nullptr);
}

TEST(ProcessTreeTest, ACircleEnds) {
  const ProcessTree tree(
      {{.pid = 10, .parent = 11}, {.pid = 11, .parent = 10}, {.pid = 7, .parent = 7}});
  EXPECT_THAT(pids(tree.descendants_of(10)), ElementsAre(11));
  EXPECT_THAT(pids(tree.descendants_of(7)), IsEmpty());
  EXPECT_THAT(pids(ProcessTree({}).descendants_of(1)), IsEmpty());
}

TEST(ProcessTreeTest, AScanFindsThisProcessAndItsChild) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)::pause();
    ::_exit(0);
  }
  const auto tree = ProcessTree::scan();
  ASSERT_TRUE(tree) << tree.error().message();
  const auto* self = tree->find(::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->session, ::getsid(0));
  EXPECT_EQ(self->process_group, ::getpgrp());
  EXPECT_GT(self->start_time, 0u);
  EXPECT_THAT(pids(tree->descendants_of(::getpid())), ElementsAre(child));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace hitch
