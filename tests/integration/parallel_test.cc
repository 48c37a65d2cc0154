// Copies of one bundle side by side, on the same ports.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

class Parallel : public HitchTest {};

TEST_F(Parallel, TwentyCopiesUseTheSamePortsWithoutCrossTalk) {
  bundle.write(R"(
services:
  Db: {shell: "exec @listen_on@ 7001 --say $NUMBER", pass_environment: [NUMBER], ready: {listen: 7001}}
  Web: {command: ["@listen_on@", "80", --http, "200"], depends_on: [Db], ready: {http: 80}}
)");
  std::vector<std::unique_ptr<HitchProcess>> copies;
  for (int i = 0; i < 20; ++i) {
    const RunOptions options{.environment = {{"NUMBER", std::to_string(i)}}};
    copies.push_back(start({"run", "--", "@try_connect@", "Db", "7001"}, options));
  }
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto result = copies[i]->wait(120s);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.out, "connected: " + std::to_string(i) + "\n");
  }
}

TEST_F(Parallel, EndOfOneDoesNotDisturbTheOthers) {
  bundle.write("services:\n  App: {command: ['@listen_on@', '7001'], ready: {listen: 7001}}\n");
  auto lasting = start({"run", "--", "/bin/sh", "-c", "echo go; read -r x; exit 3"},
                       {.keep_input_open = true});
  ASSERT_TRUE(lasting->wait_for_out("go")) << lasting->err();
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  auto killed = start({"run", "--", "/bin/sh", "-c", "echo go; sleep 1000"});
  ASSERT_TRUE(killed->wait_for_out("go")) << killed->err();
  killed->send_signal(9);
  (void)killed->wait();
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));  // it cleans up after the killed one
  EXPECT_FALSE(lasting->has_ended()) << lasting->err();
  lasting->write_input("end\n");
  EXPECT_TRUE(exited(lasting->wait(), 3));
}

class SlowParallel : public HitchTest {};

TEST_F(SlowParallel, HundredCopiesAtOnce) {
  bundle.write(
      "services:\n  App: {command: ['@listen_on@', '7001'], ready: {listen: 7001}}\n"
      "startup_timeout: 120s\n");
  std::vector<std::unique_ptr<HitchProcess>> copies;
  for (int i = 0; i < 100; ++i) copies.push_back(start({"run", "--", "/bin/true"}));
  for (auto& copy : copies) EXPECT_TRUE(exited(copy->wait(300s), 0));
}

}  // namespace
}  // namespace hitch::testing
