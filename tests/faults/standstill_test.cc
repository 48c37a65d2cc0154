// hitch itself stands still for a while, and goes on: a stop signal, Ctrl-Z, a paused machine.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Standstill : public HitchTest {
 protected:
  /// Runs the bundle; hitch stands still from when the file is there until `until` has passed.
  ProcessResult stop_from(const std::string& file, seconds until, const std::string& meanwhile) {
    const auto begin = steady_clock::now();
    auto hitch = start({"run", "--", "/bin/echo", "done"});
    while (!std::filesystem::exists(bundle.directory() / file) &&
           steady_clock::now() < begin + seconds(60)) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    hitch->send_signal(SIGSTOP);
    bundle.write_file(meanwhile, "");
    std::this_thread::sleep_until(begin + until);  // it is the time that is the fault here
    hitch->send_signal(SIGCONT);
    return hitch->wait();
  }
};

TEST_F(Standstill, WhatGotReadyMeanwhileIsNotTooLate) {
  bundle.write(R"(
startup_timeout: 5s
services:
  A: {shell: "touch started; until test -e go; do sleep 0.05; done; echo up; exec sleep 1000", ready: up}
  B: {command: ["@listen_on@", "7000"], ready: {listen: 7000, timeout: 5s}, depends_on: [A]}
)");
  const auto result = stop_from("started", seconds(7), "go");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "done\n");
}

TEST_F(Standstill, WhatNeverGetsReadyIsToldAllTheSame) {
  bundle.write(R"(
startup_timeout: 2s
services:
  A: {shell: "touch started; exec sleep 1000", ready: up}
)");
  EXPECT_TRUE(failed_saying(stop_from("started", seconds(3), "go"), 124,
                            "was not ready after 2.0 seconds: "));
}

}  // namespace
}  // namespace hitch::testing
