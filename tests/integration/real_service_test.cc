// Real services from the shipped recipes, and the shipped example bundles.
#include <algorithm>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

bool is_installed(const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const auto& path) { return fs::exists(path); });
}

class SlowRecipes : public HitchTest {
 protected:
  /// Runs the script twice (the second time from the cache) and compares its output.
  void expect_output(const std::string& yaml, const std::string& script,
                     const std::string& output) {
    bundle.write("startup_timeout: 60s\n" + yaml);
    for (int i = 0; i < 2; ++i) {
      const auto result = run_script(script, {.deadline = 120s});
      EXPECT_TRUE(exited(result, 0));
      EXPECT_THAT(result.out, HasSubstr(output));
    }
  }
};

TEST_F(SlowRecipes, Postgres) {
  if (!is_installed({"/usr/lib/postgresql"})) GTEST_SKIP() << "PostgreSQL is not installed";
  expect_output("services:\n  Db: {recipe: postgres, with: {database: shop, user: clerk}}\n",
                "psql -h 127.0.0.1 -U clerk shop -Atc "
                "\"create table t (n int); insert into t values (41); select n + 1 from t\"",
                "42");
}

TEST_F(SlowRecipes, Redis) {
  if (!is_installed({"/usr/bin/redis-server"})) GTEST_SKIP() << "redis is not installed";
  expect_output("services:\n  Cache: {recipe: redis}\n",
                "redis-cli get k; redis-cli set k v; redis-cli get k", "\nOK\nv\n");
}

TEST_F(SlowRecipes, Nginx) {
  if (!is_installed({"/usr/sbin/nginx"})) GTEST_SKIP() << "nginx is not installed";
  bundle.write_file("site/index.html", "hello from nginx\n");
  expect_output("services:\n  Web: {recipe: nginx, with: {root: site}}\n",
                "curl -s http://127.0.0.1:8080/ || python3 -c 'import urllib.request as u;"
                "print(u.urlopen(\"http://127.0.0.1:8080/\").read().decode())'",
                "hello from nginx");
}

TEST_F(SlowRecipes, Memcached) {
  if (!is_installed({"/usr/bin/memcached"})) GTEST_SKIP() << "memcached is not installed";
  expect_output("services:\n  Cache: {recipe: memcached, with: {port: 11311, largest_item: 4m}}\n",
                "/usr/bin/python3 -c '\n"
                "import memcache\n"
                "client = memcache.Client([\"127.0.0.1:11311\"], server_max_value_length=4 << 20)\n"
                "print(client.get(\"k\"), client.set(\"k\", \"v\" * (3 << 20)), "
                "len(client.get(\"k\")))'",
                "None True 3145728");
}

TEST_F(SlowRecipes, MariaDb) {
  if (!is_installed({"/usr/sbin/mariadbd"})) GTEST_SKIP() << "MariaDB is not installed";
  expect_output(
      "services:\n  Db: {recipe: mariadb, with: {database: \"sh`op\", user: \"cl'erk\", "
      "password: \"p\\\\w'd\"}}\n",
      "/usr/bin/python3 -c \"\n"
      "import pymysql\n"
      "db = pymysql.connect(host='127.0.0.1', user='cl\\'erk', password='p\\\\\\\\w\\'d', "
      "database='sh\\`op')\n"
      "cursor = db.cursor()\n"
      "cursor.execute('create table t (n int)')\n"
      "cursor.execute('insert into t values (41)')\n"
      "cursor.execute('select n + 1 from t')\n"
      "print(cursor.fetchone())\"",
      "(42,)");
}

TEST_F(SlowRecipes, RabbitMq) {
  if (!is_installed({"/usr/lib/rabbitmq/bin/rabbitmq-server"})) {
    GTEST_SKIP() << "RabbitMQ is not installed";
  }
  bundle.write(
      "startup_timeout: 120s\nservices:\n  Queue: {recipe: rabbitmq, startup_timeout: 120s}\n");
  const auto result = run_script(
      "/usr/bin/python3 -c '\n"
      "import pika\n"
      "channel = pika.BlockingConnection(pika.ConnectionParameters(\"127.0.0.1\")).channel()\n"
      "channel.queue_declare(\"jobs\")\n"
      "channel.basic_publish(\"\", \"jobs\", b\"first\")\n"
      "print(channel.basic_get(\"jobs\")[2])'",
      {.deadline = 150s});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("b'first'"));
}

TEST_F(SlowRecipes, AllThreeTogetherInTwentyCopies) {
  if (!is_installed({"/usr/lib/postgresql"}) || !is_installed({"/usr/bin/redis-server"}) ||
      !is_installed({"/usr/sbin/nginx"})) {
    GTEST_SKIP() << "PostgreSQL, redis or nginx is not installed";
  }
  bundle.write_file("site/index.html", "hello\n");
  bundle.write(R"(
startup_timeout: 200s
services:
  Db: {recipe: postgres}
  Cache: {recipe: redis}
  Web: {recipe: nginx, with: {root: site}, depends_on: [Db, Cache]}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, {.deadline = 200s}), 0));  // fills the cache
  std::vector<std::unique_ptr<HitchProcess>> copies;
  for (int i = 0; i < 20; ++i) {
    copies.push_back(start({"run", "--", "/bin/sh", "-c",
                            "redis-cli incr n && psql -h 127.0.0.1 -U postgres -Atc 'select 42'"}));
  }
  for (auto& copy : copies) {
    const auto result = copy->wait(300s);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.out, "1\n42\n");
  }
}

/// An example is a directory with a hitch.yaml and a check.py that CMD runs.
class SlowExamples : public HitchTest {
 protected:
  void copy_example(const std::string& name) {
    const auto source = configs_directory() / "examples" / name;
    if (!fs::exists(source / "hitch.yaml")) GTEST_SKIP() << "no example at " << source;
    fs::copy(source, bundle.directory(), fs::copy_options::recursive);
  }
  static std::vector<std::string> check_command() {
    return {"run", "--", "/usr/bin/python3", "check.py"};
  }
};

TEST_F(SlowExamples, WebPassesItsCheck) {
  ASSERT_NO_FATAL_FAILURE(copy_example("web"));
  if (IsSkipped()) return;
  EXPECT_TRUE(exited(run(check_command(), {.deadline = 200s}), 0));
}

TEST_F(SlowExamples, WebPassesItsCheckInTwentyCopies) {
  ASSERT_NO_FATAL_FAILURE(copy_example("web"));
  if (IsSkipped()) return;
  EXPECT_TRUE(exited(run(check_command(), {.deadline = 200s}), 0));  // fills the cache
  std::vector<std::unique_ptr<HitchProcess>> copies;
  for (int i = 0; i < 20; ++i) copies.push_back(start(check_command()));
  for (auto& copy : copies) EXPECT_TRUE(exited(copy->wait(400s), 0));
}

/// A test in any language: nothing but the command line, and a port of the host.
TEST_F(SlowExamples, WebIsDrivenByTheCommandLineAlone) {
  ASSERT_NO_FATAL_FAILURE(copy_example("web"));
  if (IsSkipped()) return;
  const auto port = host_port();
  bundle.write_file("published.yaml", "services: {Nginx: {publish: ['" + port + ":8080']}}\n");
  const auto hitch = [&](std::vector<std::string> words, const RunOptions& options = {}) {
    words.insert(words.begin(), {"-f", "hitch.yaml", "-f", "published.yaml"});
    return run(std::move(words), options);
  };
  const auto fetch = [&](const std::string& path, const std::string& form) {
    RunOptions options;
    options.prefix = {"/usr/bin/python3",
                      "-c",
                      "import sys, urllib.request as r\n"
                      "print(r.urlopen('http://127.0.0.1:' + sys.argv[1] + sys.argv[2],\n"
                      "                sys.argv[3].encode() or None, timeout=60).status)",
                      port,
                      path,
                      form};
    return run({}, options).out;
  };
  ASSERT_TRUE(exited(hitch({"up", "-d"}, {.deadline = 200s}), 0));
  EXPECT_EQ(fetch("/", ""), "200\n");
  EXPECT_EQ(fetch("/signup", "email=eva@example.com"), "202\n");
  const auto mail = hitch({"logs", "Mail", "--until-json", "select(.subject|contains(\"confirm\"))",
                           "--timeout", "60s"});
  EXPECT_TRUE(exited(mail, 0));
  EXPECT_THAT(mail.out, HasSubstr("eva@example.com"));
  EXPECT_THAT(mail.out, ::testing::Not(HasSubstr("\n{")));

  const auto rows = hitch({"exec", "Postgres", "psql", "-At"},
                          {.input = "select count(*) from information_schema.tables;\n"});
  EXPECT_TRUE(exited(rows, 0));
  EXPECT_TRUE(has_line(rows.out, "^[0-9]+$"));
  EXPECT_EQ(hitch({"exec", "Redis", "redis-cli", "get", "visits"}).out, "1\n");

  EXPECT_TRUE(exited(hitch({"restart", "App"}, {.deadline = 200s}), 0));
  EXPECT_EQ(fetch("/", ""), "200\n");
  EXPECT_TRUE(exited(hitch({"pause", "App"}), 0));
  EXPECT_TRUE(has_line(hitch({"ps"}).out, "^App +paused"));
  EXPECT_TRUE(exited(hitch({"unpause", "App"}), 0));
  EXPECT_EQ(fetch("/", ""), "200\n");
  EXPECT_TRUE(exited(hitch({"down"}), 0));
}

}  // namespace
}  // namespace hitch::testing
