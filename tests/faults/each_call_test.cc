// Every system call that hitch and its init make: the last one of either, or one that fails.
#include <array>
#include <cerrno>
#include <iostream>
#include <map>

#include "faults/fault_test.h"

namespace hitch::testing {
namespace {

constexpr std::array kRoles{"hitch", "early", "init", "child"};
constexpr std::array kErrors{ENOSYS, EPERM, ENOSPC, EMFILE, ENOMEM};

/// `stride` 1 tries all.
class EachCall : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    bundle.write(R"(
services:
  App:
    shell: "echo up; exec sleep 1000"
    ready: up
    data: {path: db, prepare: [[sh, -c, "echo row >$HITCH_DATA/db/rows"]]}
  Daemon: {command: ["@double_fork@"], ready: daemon}
)");
    (void)run(command());  // the data is prepared
  }

  std::vector<std::string> calls_of(const std::string& role) {
    std::vector<std::string> names;
    for (const auto& call : record()) {
      if (call.role == role) names.push_back(call.name);
    }
    return names;
  }

  void kill_at(std::size_t stride, const std::string& victims) {
    std::size_t runs = 0, killed = 0;
    for (const std::string role : kRoles) {
      const auto count = calls_of(role).size();
      EXPECT_GT(count, 5U) << role;
      for (std::size_t n = 1 + first_of_every(stride); n <= count && !HasFailure(); n += stride) {
        const auto at = "role=" + role + " nth=" + std::to_string(n) + " kill=" + victims;
        SCOPED_TRACE(at);
        const auto result = inject({at});
        ++runs;
        killed += injected().empty() ? 0U : 1U;
        expect_alone(at);
        EXPECT_TRUE(result.code != 125 || !result.last_line().empty());
      }
    }
    expect_collected_by_the_next_run();
    EXPECT_GT(killed * 10, runs * 8);
    std::cout << "killed in " << killed << " of " << runs << " runs\n";
  }

  void fail_at(std::size_t stride) {
    std::size_t runs = 0, tolerated = 0, reached = 0, number = first_of_every(stride);
    for (const std::string role : kRoles) {
      const auto names = calls_of(role);
      std::map<std::string, int> seen;
      for (const auto& name : names) {
        // Of all calls, threads make them in another order each time; of one name it is the same.
        const auto nth = std::to_string(++seen[name]);
        if (!may_fail(name)) continue;
        for (const int err : kErrors) {
          if (number++ % stride != 0) continue;
          // Only adding to one takes memory; a file that cannot be added is none of ours.
          // epoll_ctl(2)
          if (name == "sendmsg" && err != ENOMEM) continue;  // nor do sockets refuse a message else
          const bool epoll = name == "epoll_ctl";
          if (epoll && err != ENOSPC && err != ENOMEM) continue;
          const auto at = "role=" + role + " call=" + name + (epoll ? " arg1=1" : "") +
                          " nth=" + nth + " fail=" + strerrorname_np(err);
          SCOPED_TRACE(at);
          const auto result = inject({at});
          ++runs;
          expect_alone(at);
          const auto what = injected();
          reached += what.empty() ? 0U : 1U;
          tolerated += result.code == kCode ? 1U : 0U;
          EXPECT_TRUE(tolerated_or_explained(result, err)) << what;
        }
      }
    }
    expect_collected_by_the_next_run();
    std::cout << "failed in " << reached << " of " << runs << " runs, of which " << tolerated
              << " went on without\n";
  }
};

TEST_F(EachCall, MayBeTheLastOfTheProcess) {
  kill_at(41, "");
}
TEST_F(EachCall, MayBeTheLastOfHitchAndInit) {
  kill_at(67, "both");
}
TEST_F(EachCall, MayFailOnce) {
  fail_at(61);
}

/// Until it executes init it shares the memory of hitch: a lock that it held would never be freed.
TEST_F(EachCall, MayBeTheLastOfAChildThatSharesMemory) {
  for (const char* call : {"capget", "capset", "prctl"}) {
    const auto result = inject({std::string("role=early call=") + call + " nth=2 kill",
                                std::string("role=early call=") + call + " nth=1 kill"});
    EXPECT_TRUE(result.code == 125 || result.code == kCode) << result.describe();
    expect_alone(call);
  }
}

TEST_F(EachCall, MessageToInitIsSentAgainOrGivenUp) {
  EXPECT_TRUE(exited(inject({"role=hitch call=sendmsg nth=2 fail=ENOMEM"}), kCode));
  EXPECT_TRUE(exited(inject({"role=init call=sendmsg nth=2 fail=ENOMEM"}), kCode));
  EXPECT_TRUE(failed_saying(inject({"role=hitch call=sendmsg nth=1 fail=EPERM"}), 125,
                            "send a message to the bundle's init: Operation not permitted"));
}

class SlowEachCall : public EachCall {};

TEST_F(SlowEachCall, MayBeTheLastOfTheProcess) {
  kill_at(1, "");
}
TEST_F(SlowEachCall, MayBeTheLastOfHitchAndInit) {
  kill_at(3, "both");
}
TEST_F(SlowEachCall, MayFailOnce) {
  fail_at(1);
}

}  // namespace
}  // namespace hitch::testing
