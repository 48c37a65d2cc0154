// The examples of hitchserve 0.3.8's documentation, "Generic Service API", in C++: against a real
// Django with Postgres, Redis and a mail server.

#include <hitch/gtest.h>
#include <hitch/introspect/process.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

using std::chrono::system_clock;

constexpr std::uint16_t kWeb = 18080;

/// A sign-up page that has a confirmation mailed, and reminders that are mailed when they are due.
class RemindMe : public BundleTest<RemindMe> {
 public:
  static std::unique_ptr<ServiceBundle> make_bundle() {
    if (!why_not_here().empty()) throw std::runtime_error(why_not_here());
    const auto site = scratch().path() / "remindme";
    std::filesystem::copy(fixture("remindme_site"), site, std::filesystem::copy_options::recursive);
    auto services = std::make_unique<ServiceBundle>(
        BundleOptions{.project_directory = site, .startup_timeout = kPatience, .quiet = true});
    services->add<PostgresService>(
        "Postgres", PostgresOptions{.users = {{"remindme", "password"}},
                                    .databases = {{.name = "remindme", .owner = "remindme"}}});
    services->add<SmtpService>("Smtp");
    services->add<RedisService>("Redis");
    const std::map<std::string, std::string> env_vars{
        {"DATABASE_PORT", "15432"}, {"EMAIL_PORT", "10025"}, {"REDIS_PORT", "16379"}};
    services->add<DjangoService>(
        "Django", DjangoOptions{.python = "/usr/bin/python3", .port = kWeb},
        ServiceOptions{
            .env_vars = env_vars, .needs = {"Postgres", "Smtp", "Redis"}, .publish = {"18080"}});
    services->add("Mailer", {.command = {"/usr/bin/python3", "-u", "manage.py", "send_mails"},
                             .log_line_ready_checker =
                                 [](const Line& line) { return line.contains("Sending mails"); },
                             .env_vars = env_vars,
                             .needs = {"Django"}});
    services->add("MyService",
                  {.command = {"/bin/sh", "-c", "echo $A $B $PWD; echo READY; exec sleep 1000"},
                   .log_line_ready_checker = [](std::string_view line) { return line == "READY"; },
                   .directory = "/usr",
                   .no_libfaketime = false,
                   .env_vars = {{"A", "1"}, {"B", "2"}},
                   .needs = {"Django"}});
    return services;
  }

 protected:
  static ScratchDirectory& scratch() {
    static ScratchDirectory directory;
    return directory;
  }
  void TearDown() override {
    BundleTest::TearDown();
    if (!HasFatalFailure()) bundle().time_travel_to(system_clock::now());
  }
  static std::string get(const std::string& path) {
    return fetch(bundle()["Django"].address(kWeb), path);
  }
  static std::string post(const std::string& path, const std::map<std::string, std::string>& form) {
    return fetch(bundle()["Django"].address(kWeb), path, form);
  }
  static Json wait_for_email(const std::string& containing) {
    return bundle()["Smtp"].logs().out().tail().until_json(
        [&](const Json& email) {
          return email["payload"].contains(containing) || email["subject"].contains(containing);
        },
        {.timeout = kPatience, .lines_back = 1});
  }
  /// How far the services' time is from the machine's.
  static std::chrono::duration<double, std::ratio<3600>> hours_ahead() {
    return bundle().now() - system_clock::now();
  }
};

std::vector<std::string> texts(const std::vector<Line>& lines) {
  std::vector<std::string> found;
  for (const auto& line : lines) found.push_back(line.text);
  return found;
}

using Texts = std::vector<std::string>;

// Basic usage

TEST_F(RemindMe, BasicUsage) {
  EXPECT_EQ(texts(bundle()["MyService"].logs().out().lines()), (Texts{"1 2 /usr", "READY"}));
  EXPECT_EQ(bundle()["Django"].logs().out().lines().back(), "Quit the server with CONTROL-C.");
}

// Logs

TEST_F(RemindMe, SignUpSendsAMailWithALink) {
  post("/signup/", {{"email", "django@reinhardt.com"}});
  const auto email = wait_for_email("Confirm");
  EXPECT_EQ(email["to"], Json(Json::Array{"django@reinhardt.com"}));
  const auto& link = email["links"][0].as_string();
  EXPECT_EQ(get(link.substr(link.find("/confirm/"))), "django@reinhardt.com is confirmed.");
  const auto confirmed = bundle()
                             .get<PostgresService>("Postgres")
                             .psql("select email, confirmed from remindme_signup", "remindme")
                             .run({.check_output = true});
  EXPECT_NE(confirmed.output.find("django@reinhardt.com | t"), std::string::npos)
      << confirmed.output;
}

TEST_F(RemindMe, LogsAsText) {
  get("/?shown=1");
  bundle()["Django"].logs().err().tail().until(
      [](const Line& line) { return line.contains("shown=1"); },
      {.timeout = kPatience, .lines_back = 9});
  const auto text = bundle()["Django"].logs().text();
  EXPECT_NE(text.find("[      Django] Quit the server with CONTROL-C.\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("[  Err Django] ["), std::string::npos) << text;
  EXPECT_EQ(bundle()["Django"].logs().err().text().find("Quit the server"), std::string::npos);
}

TEST_F(RemindMe, FollowHandsOutTheLastLinesAndThoseThatCome) {
  get("/?followed=1");
  const auto err = bundle()["Django"].logs().err();
  const auto before = err.tail().until([](const Line& l) { return l.contains("followed=1"); },
                                       {.timeout = kPatience, .lines_back = 5});
  Texts seen;
  std::jthread visitor;
  err.tail().follow(
      [&](const Line& line) {
        seen.push_back(line.text);
        if (seen.size() == 1) visitor = std::jthread([] { get("/?followed=2"); });
        return !line.contains("followed=2");
      },
      {.timeout = kPatience, .lines_back = 1});
  EXPECT_EQ(seen.front(), before.text);
  EXPECT_NE(seen.back().find("followed=2"), std::string::npos);
}

TEST_F(RemindMe, Json) {
  post("/signup/", {{"email", "stephane@grappelli.com"}});
  wait_for_email("Confirm");
  const auto found = bundle()["Smtp"].logs().json();
  EXPECT_EQ(found.back()["subject"], "Confirm E-mail Address");
  EXPECT_TRUE(found.back()["links"][0].contains("/confirm/"));
}

TEST_F(RemindMe, UntilJsonThatIsNotThereYet) {
  const std::jthread visitor([] {
    std::this_thread::sleep_for(300ms);
    post("/signup/", {{"email", "late@example.com"}});
  });
  const auto email = bundle()["Smtp"].logs().out().tail().until_json(
      [](const auto& mail) { return mail["to"].contains("late@example.com"); },
      {.timeout = kPatience});
  EXPECT_EQ(email["from"], "noreply@remindme.example");
}

// Time travel

TEST_F(RemindMe, ReminderIsSentWhenTimeHasMovedOn) {
  post("/remind/", {{"email", "django@reinhardt.com"}, {"text", "upcoming gig"}, {"days", "30"}});
  const auto before = bundle()["Smtp"].logs().json().size();
  bundle().time_travel({.days = 29});
  bundle().time_travel({.days = 2});
  EXPECT_EQ(wait_for_email("upcoming gig")["subject"], "Reminder");
  EXPECT_EQ(bundle()["Smtp"].logs().json().size(), before + 1);
}

TEST_F(RemindMe, TimeTravel) {
  testing::internal::CaptureStdout();
  bundle().time_travel({.days = 1});
  bundle().time_travel({.hours = 25});
  bundle().time_travel({.minutes = 60, .seconds = 60});
  const double ahead = hours_ahead().count();
  bundle().time_travel_to(system_clock::now());
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "Time traveling to 23 hours from now\nTime traveling to 2 days from now\n"
            "Time traveling to 2 days from now\nTime traveling to now\n");
  EXPECT_NEAR(ahead, 50, 0.1);
  using namespace std::chrono;  // NOLINT: for the calendar
  bundle().time_travel_to(sys_days{2015y / July / 11} + 10h);
  EXPECT_EQ(floor<days>(bundle().now()), sys_days{2015y / July / 11});
  EXPECT_TRUE(get("/now/").starts_with("2015-07-11T10:"));
}

// The process

TEST_F(RemindMe, PidAndProcess) {
  const auto& smtp = bundle()["Smtp"];
  EXPECT_GT(smtp.pid(), 0);
  const auto process = smtp.process();
  EXPECT_EQ(process.pid(), smtp.pid());
  EXPECT_TRUE(process.is_running());
  EXPECT_NE(process.name()->find("python3"), std::string::npos);
  EXPECT_GT(process.memory_info()->rss, 0U);
}

// Sub-commands

TEST_F(RemindMe, Subcommands) {
  const auto& redis = bundle().get<RedisService>("Redis");
  EXPECT_EQ(redis.cli("set", "key", "value").run({.check_output = true}).output, "OK\n");
  EXPECT_EQ(redis.cli("get", "key").run({.check_output = true}).output, "value\n");
  const auto answer =
      bundle().get<PostgresService>("Postgres").psql("select 41 + 1").run({.check_output = true});
  EXPECT_NE(answer.output.find("42"), std::string::npos);
  const auto checked =
      bundle().get<DjangoService>("Django").manage("check").run({.check_output = true});
  EXPECT_NE(checked.output.find("System check identified no issues"), std::string::npos);
}

TEST_F(RemindMe, SubcommandsHaveTheEnvironmentAndTheTimeOfTheService) {
  const auto& service = bundle()["MyService"];
  EXPECT_EQ(service.subcommand("sh", "-c", "echo $A $B $PWD").run({.check_output = true}).output,
            "1 2 /usr\n");
  bundle().time_travel_to(std::chrono::sys_days{std::chrono::year{2015} / 7 / 11});
  EXPECT_EQ(service.subcommand("date", "-u", "+%F").run({.check_output = true}).output,
            "2015-07-11\n");
}

TEST_F(RemindMe, HowSubcommandsAreRun) {
  const auto& service = bundle()["MyService"];
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(service.subcommand("echo out;", "echo err >&2").run({.shell = true}).exit_code, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "out\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "err\n");
  try {
    service.subcommand("sh", "-c", "echo seen; exit 7").run({.check_output = true});
    FAIL() << "it did not throw";
  } catch (const CommandFailed& failure) {
    EXPECT_EQ(failure.exit_code(), 7);
    EXPECT_EQ(failure.output(), "seen\n");
  }
  EXPECT_EQ(service.subcommand("sh", "-c", "kill -9 $$").run({.ignore_errors = true}).exit_code,
            137);
  EXPECT_THROW(service.subcommand("no-such-program").run(), RequestFailed);
  EXPECT_THROW(service.subcommand("sleep", "1000").run({.timeout = 100ms}), CommandTimeout);
  auto elsewhere = service.subcommand("sh", "-c", "echo $PWD $C");
  EXPECT_EQ(elsewhere.in_directory("/etc").with_env("C", "3").run({.check_output = true}).output,
            "/etc 3\n");
}

}  // namespace

}  // namespace client_tests
