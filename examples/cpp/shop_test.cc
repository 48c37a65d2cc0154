// A queue in redis and the worker that empties it, tested as they are.

#include <hitch/gtest.h>
#include <hitch/introspect/process.h>
#include <hitch/services.h>

namespace {

using namespace std::chrono_literals;
using namespace hitch::client;

class Shop : public BundleTest<Shop> {
 public:
  static std::unique_ptr<ServiceBundle> make_bundle() {
    auto services = std::make_unique<ServiceBundle>(BundleOptions{.quiet = true});
    services->add<RedisService>("Redis");
    services->add("Worker", {.command = {"sh", "worker.sh"},
                             .log_line_ready_checker =
                                 [](std::string_view line) { return line == "waiting"; },
                             .needs = {"Redis"}});
    return services;
  }
};

TEST_F(Shop, OrderIsCarriedOut) {
  bundle().get<RedisService>("Redis").cli("rpush", "orders", "tea").run({.check_output = true});
  const auto done = bundle()["Worker"].logs().out().tail().until_json(
      [](const Json& event) { return event["order"] == "tea"; }, {.timeout = 15s, .lines_back = 9});
  EXPECT_EQ(done["on"], bundle()["Worker"]
                            .subcommand("date", "-u", "+%F")
                            .run({.check_output = true})
                            .output.substr(0, 10));
}

TEST_F(Shop, OrderOfTomorrowHasTomorrowsDate) {
  bundle().time_travel({.days = 365});
  const auto tomorrow = std::chrono::floor<std::chrono::days>(bundle().now());
  bundle().get<RedisService>("Redis").cli("rpush", "orders", "coffee").run({.check_output = true});
  const auto done = bundle()["Worker"].logs().out().tail().until_json(
      [](const Json& event) { return event["order"] == "coffee"; },
      {.timeout = 15s, .lines_back = 9});
  const auto year = static_cast<int>(std::chrono::year_month_day(tomorrow).year());
  EXPECT_TRUE(done["on"].as_string().starts_with(std::to_string(year)));
}

TEST_F(Shop, WorkerIsSmall) {
  const auto memory = bundle()["Worker"].process().memory_info();
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_LT(memory->rss, 16U << 20U);
}

}  // namespace
