#include "runtime/ready/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr pid_t kInit = 10;

TreeProcess process(pid_t pid, pid_t parent, pid_t group, pid_t session) {
  return {.pid = pid, .parent = parent, .process_group = group, .session = session};
}

TEST(MembersTest, DescendantsBelongToTheService) {
  const ProcessTree tree({process(kInit, 1, 10, 10), process(20, kInit, 20, 20),
                          process(21, 20, 20, 20), process(22, 21, 20, 20),
                          process(30, kInit, 30, 30), process(31, 30, 30, 30)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20, 21, 22));
  EXPECT_THAT(processes_of_service(tree, kInit, 30), ElementsAre(30, 31));
}

TEST(MembersTest, OrphansAreToldByTheirSessionOrGroupAndSoAreTheirChildren) {
  const ProcessTree tree({process(kInit, 1, 10, 10), process(20, kInit, 20, 20),
                          process(40, kInit, 40, 20),  // a job of the service
                          process(41, 40, 41, 41),     // its child, with a session of its own
                          process(42, kInit, 50, 41),  // an orphan of that session
                          process(30, kInit, 30, 30)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20, 40, 41, 42));
}

TEST(MembersTest, ADaemonThatHasLeftEverythingIsNotFound) {
  const ProcessTree tree(
      {process(kInit, 1, 10, 10), process(20, kInit, 20, 20), process(50, kInit, 50, 50)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20));
}

TEST(MembersTest, TheSessionOfInitIsNobodysOwn) {
  const ProcessTree tree({process(kInit, 1, 10, 10), process(20, kInit, 10, 10),
                          process(21, 20, 21, 10), process(22, kInit, 21, 10),
                          process(30, kInit, 10, 10)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20, 21, 22));
}

TEST(MembersTest, ASessionOfSomebodyElseIsNotTheServicesOwn) {
  const ProcessTree tree({process(kInit, 1, 10, 10), process(20, kInit, 7, 7),
                          process(21, 20, 7, 7), process(30, kInit, 7, 7)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20, 21));
}

TEST(MembersTest, AnEndedMainProcessLeavesItsSession) {
  const ProcessTree tree(
      {process(kInit, 1, 10, 10), process(21, kInit, 20, 20), process(30, kInit, 30, 30)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(21));
  EXPECT_THAT(processes_of_service(tree, kInit, 0), IsEmpty());
}

TEST(MembersTest, ProcessesOfOtherBundlesAreNotLookedAt) {
  const ProcessTree tree(
      {process(kInit, 1, 10, 10), process(20, kInit, 20, 20), process(99, 1, 20, 20)});
  EXPECT_THAT(processes_of_service(tree, kInit, 20), ElementsAre(20));
}

}  // namespace
}  // namespace hitch
