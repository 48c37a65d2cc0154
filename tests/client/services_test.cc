// The ready-made services, with the real servers.

#include <fstream>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

using SlowServicesTest = ClientTest;

std::string output_of(const Subcommand& command) {
  return command.run({.check_output = true}).output;
}

TEST_F(SlowServicesTest, Databases) {
  ServiceBundle bundle(options());
  std::ofstream(project() / "dump.sql") << "create table t (n int); insert into t values (41);\n";
  auto& postgres = bundle.add<PostgresService>(
      "Postgres", PostgresOptions{.users = {{"clerk", "it's"}},
                                  .databases = {{.name = "shop",
                                                 .owner = "clerk",
                                                 .dump = (project() / "dump.sql").string()}},
                                  .server_options = "-c work_mem=7MB"});
  auto& mariadb = bundle.add<MariaDbService>("MariaDb", MariaDbOptions{.database = "shop"});
  auto& redis = bundle.add<RedisService>("Redis");
  auto& memcached = bundle.add<MemcachedService>("Memcached");
  bundle.startup();
  EXPECT_NE(output_of(postgres.psql("select n + 1 from t", "shop")).find("42"), std::string::npos);
  EXPECT_NE(output_of(postgres.psql("show work_mem")).find("7MB"), std::string::npos);
  EXPECT_NE(output_of(postgres.pg_dump("shop")).find("41"), std::string::npos);
  EXPECT_NE(output_of(mariadb.mariadb("show databases")).find("shop"), std::string::npos);
  EXPECT_EQ(output_of(redis.cli("ping")), "PONG\n");
  EXPECT_EQ(memcached.port(), 21211);
  EXPECT_GT(memcached.pid(), 0);
}

TEST_F(SlowServicesTest, RabbitAndCelery) {
  std::ofstream(project() / "tasks.py")
      << "import celery\n"
         "app = celery.Celery('tasks', broker='redis://127.0.0.1:16379')\n"
         "@app.task\n"
         "def add(a, b):\n"
         "    print('sum', a + b, flush=True)\n";
  ServiceBundle bundle(options());
  auto& rabbit = bundle.add<RabbitService>("Rabbit");
  bundle.add<RedisService>("Redis");
  auto& celery = bundle.add<CeleryService>(
      "Celery",
      CeleryOptions{
          .python = "/usr/bin/python3", .app = "tasks", .version = "5.", .concurrency = 1},
      ServiceOptions{.env_vars = {{"PYTHONUNBUFFERED", "1"}}, .needs = {"Redis"}});
  bundle.startup();
  EXPECT_NE(output_of(rabbit.rabbitmqctl("list_vhosts", "--silent")).find('/'), std::string::npos);
  celery.celery({"call", "tasks.add", "--args=[40, 2]"});
  celery.logs().tail().until([](const Line& line) { return line.contains("] 42"); },
                             {.timeout = kPatience, .lines_back = 99});
}

TEST_F(SlowServicesTest, MocksAndCron) {
  std::ofstream(project() / "rules.json")
      << R"([{"request": {"path": "/hello"}, "response": {"body": "world"}}])";
  ServiceBundle bundle(options());
  auto& api = bundle.add<HttpMockService>("Api", project() / "rules.json", std::uint16_t{10080},
                                          ServiceOptions{.publish = {"10080"}});
  auto& cron = bundle.add<CronService>("Cron", std::vector<std::string>{"date", "-u", "+%Y"}, 20ms);
  bundle.startup();
  EXPECT_EQ(api.url(), "http://127.0.0.1:10080");
  EXPECT_EQ(fetch(api.address(10080), "/hello"), "world");
  EXPECT_EQ(api.logs().out().tail().until_json(
                [](const Json& request) { return request["path"] == "/hello"; },
                {.timeout = kPatience, .lines_back = 9})["method"],
            "GET");
  bundle.time_travel_to(std::chrono::sys_days{std::chrono::year{2015} / 7 / 11});
  cron.logs().out().tail().until([](std::string_view line) { return line == "2015"; },
                                 {.timeout = kPatience});
}

}  // namespace

}  // namespace client_tests
