// The start of a bundle: what it is made of, and what is said when it cannot be.

#include <fstream>

#include "harness.h"

namespace client_tests {

using namespace hitch::client;  // NOLINT: as a test would

namespace {

using StartTest = ClientTest;

/// What startup() throws.
template <typename Expected>
std::string failure_of(ServiceBundle& bundle) {
  try {
    bundle.startup();
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
  }
  EXPECT_FALSE(bundle.is_running());
  return "";
}

TEST_F(StartTest, ServiceThatIsNeverReady) {
  auto short_time = options();
  short_time.startup_timeout = 300ms;
  ServiceBundle bundle(short_time);
  bundle.add("Late", talker("", {.log_line_ready_checker = [](const Line&) { return false; }}));
  const auto said = failure_of<StartupTimeout>(bundle);
  EXPECT_NE(said.find("'Late'"), std::string::npos) << said;
  EXPECT_NE(said.find("waited for a line that log_line_ready_checker takes"), std::string::npos)
      << said;
}

TEST_F(StartTest, ServiceThatDies) {
  ServiceBundle bundle(options());
  bundle.add("Dying", {.command = {"/bin/sh", "-c", "echo my last words; exit 3"},
                       .ready = {{"log", "never"}}});
  const auto said = failure_of<ServiceDied>(bundle);
  EXPECT_NE(said.find("service 'Dying' died"), std::string::npos) << said;
  EXPECT_NE(said.find("my last words"), std::string::npos) << said;
}

TEST_F(StartTest, ProgramThatIsNotThere) {
  ServiceBundle bundle(options());
  bundle.add("One", {.command = {"no-such-program"}});
  const auto said = failure_of<Error>(bundle);
  EXPECT_NE(said.find("no-such-program"), std::string::npos) << said;
}

TEST_F(StartTest, WhatHitchRefuses) {
  ServiceBundle bundle(options());
  bundle.add("One", {.command = {"true"}, .needs = {"Two"}});
  const auto said = failure_of<BundleMisconfiguration>(bundle);
  EXPECT_NE(said.find("'Two'"), std::string::npos) << said;
  ServiceBundle cycle(options());
  cycle.add("One", {.command = {"true"}, .needs = {"Two"}});
  cycle.add("Two", {.command = {"true"}, .needs = {"One"}});
  EXPECT_NE(failure_of<BundleMisconfiguration>(cycle).find("One"), std::string::npos);
}

TEST_F(StartTest, MistakesThatNeedNoStart) {
  ServiceBundle bundle(options());
  bundle.add("One", talker());
  EXPECT_THROW(bundle.add("One", talker()), BundleMisconfiguration);
  EXPECT_THROW(bundle.add("Test", talker()), BundleMisconfiguration);
  EXPECT_THROW(bundle.add("not a name", talker()), BundleMisconfiguration);
  EXPECT_THROW(bundle.add("Two", {}), BundleMisconfiguration);
  EXPECT_THROW(bundle.add("Two", talker("", {.directory = "/no/such"})), BundleMisconfiguration);
  EXPECT_THROW((void)bundle["Two"], UnknownService);
  EXPECT_THROW((void)bundle.get<RedisService>("One"), Error);
  EXPECT_THROW((void)bundle.logs().lines(), Error);
  EXPECT_THROW(bundle.time_travel({.days = 1}), Error);
  bundle.startup();
  EXPECT_THROW(bundle.add("Two", talker()), BundleMisconfiguration);
  ServiceBundle empty(options());
  EXPECT_THROW(empty.startup(), BundleMisconfiguration);
  auto nowhere = options();
  nowhere.project_directory = "/no/such";
  ServiceBundle lost(nowhere);
  EXPECT_THROW(lost.add("One", talker()), BundleMisconfiguration);
}

TEST_F(StartTest, WhatHasToBeAnObject) {
  ServiceBundle bundle(options());
  EXPECT_THROW(bundle.add("A", talker("", {.ready = 3})), BundleMisconfiguration);
  EXPECT_THROW(bundle.add("A", talker("", {.ready = Json::Array{"READY"}})),
               BundleMisconfiguration);
  EXPECT_THROW(bundle.add("A", {.recipe = "redis", .parameters = "port"}), BundleMisconfiguration);
  EXPECT_THROW(bundle.add<RedisService>("A", std::uint16_t{1}, 1, ServiceOptions{.parameters = 3}),
               BundleMisconfiguration);
  EXPECT_THROW(bundle.add("A", talker("", {.options = "text"})), BundleMisconfiguration);
  bundle.add("A", {.command = {"/bin/sh", "-c", "sleep 0.2; echo READY; exec sleep 1000"},
                   .ready = "READY"});  // as in a bundle file
  bundle.startup();
  EXPECT_EQ(bundle["A"].logs().out().text(), "READY\n");
  auto wrong = options();
  wrong.options = 3;
  ServiceBundle other(wrong);
  other.add("A", talker());
  EXPECT_THROW(other.startup(), BundleMisconfiguration);
}

TEST_F(StartTest, PresentDirectoryThatIsGone) {
  const auto before = std::filesystem::current_path();
  const auto gone = project() / "gone";
  std::filesystem::create_directory(gone);
  std::filesystem::current_path(gone);
  std::filesystem::remove(gone);
  try {
    ServiceBundle bundle({.startup_timeout = kPatience, .quiet = true});
    bundle.add("One", talker());
    ADD_FAILURE() << "it did not throw";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("present directory"), std::string::npos);
  }
  auto file = ServiceBundle::from_file("hitch.yaml", {.quiet = true});
  EXPECT_THROW(file.startup(), Error);
  ServiceBundle elsewhere(options());
  elsewhere.add("One", talker());
  EXPECT_NO_THROW(elsewhere.startup());
  std::filesystem::current_path(before);
}

TEST_F(StartTest, HitchThatIsNotThere) {
  const std::string binary = std::getenv("HITCH_BINARY");
  ::setenv("HITCH_BINARY", "/no/such/hitch", 1);
  ServiceBundle bundle(options());
  bundle.add("One", talker());
  const auto said = failure_of<Error>(bundle);
  ::setenv("HITCH_BINARY", binary.c_str(), 1);
  EXPECT_NE(said.find("'/no/such/hitch': No such file or directory"), std::string::npos) << said;
}

TEST_F(StartTest, TextsMeanWhatTheySay) {
  ServiceBundle bundle(options());
  auto& one = bundle.add("One", talker("echo \"$X\" '${Y}'", {.env_vars = {{"X", "$HOME ${Z}"}}}));
  bundle.startup();
  one.logs().tail().until([](std::string_view line) { return line == "$HOME ${Z} ${Y}"; },
                          {.timeout = kPatience, .lines_back = 9});
}

TEST_F(StartTest, BundleFile) {
  std::ofstream(project() / "hitch.yaml")
      << "name: of-the-file\n"
         "services:\n"
         "  Db: {command: [sh, -c, 'echo up; sleep 1000'], ready: {log: up}}\n"
         "  Web: {command: [sleep, '1000'], depends_on: [Db]}\n";
  auto bundle = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
  bundle.add("Extra", talker("", {.needs = {"Web"}}));
  bundle.startup();
  EXPECT_EQ(bundle.services().size(), 3U);
  EXPECT_EQ(bundle["Db"].logs().out().text(), "up\n");
  EXPECT_GT(bundle["Web"].pid(), 0);
  EXPECT_THROW(bundle.time_travel({.days = 1}), RequestFailed);  // the file says nothing of a clock
}

TEST_F(StartTest, WhatIsLaidOverAServiceOfAFile) {
  std::ofstream(project() / "hitch.yaml")
      << "services: {Web: {command: [sh, -c, 'pwd; exec sleep 1000'], working_dir: /usr,\n"
         "                 ready: {log: /usr}}}\n";
  auto bundle = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
  bool was_called = false;
  bundle.add("Web", {.env_vars = {{"A", "1"}}, .poststart = [&](Service&) { was_called = true; }});
  bundle.startup();
  EXPECT_TRUE(was_called);
  EXPECT_EQ(bundle["Web"].logs().out().text(), "/usr\n");
  EXPECT_EQ(bundle["Web"].subcommand("sh", "-c", "echo $A").run({.check_output = true}).output,
            "1\n");
  auto other = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
  other.add("Wbe", {.poststart = [](Service&) {}});
  EXPECT_NE(failure_of<BundleMisconfiguration>(other).find("Wbe"), std::string::npos);
}

TEST_F(StartTest, BundleFileThatHasNoServices) {
  for (const char* text : {"services: 3", "services: []", "[]", "3"}) {
    std::ofstream(project() / "hitch.yaml") << text << '\n';
    auto bundle = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
    const auto said = failure_of<BundleMisconfiguration>(bundle);
    EXPECT_NE(said.find("hitch.yaml"), std::string::npos) << text << ": " << said;
  }
}

TEST_F(StartTest, BundleThatIsOverAtOnce) {
  std::ofstream(project() / "hitch.yaml") << "services: {}\n";
  auto bundle = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
  const auto said = failure_of<Error>(bundle);
  EXPECT_NE(said.find("no service in it that goes on running"), std::string::npos) << said;
}

TEST_F(StartTest, BundleFileThatIsWrong) {
  std::ofstream(project() / "hitch.yaml") << "services:\n  Db: {comand: [true]}\n";
  auto bundle = ServiceBundle::from_file(project() / "hitch.yaml", {.quiet = true});
  const auto said = failure_of<BundleMisconfiguration>(bundle);
  EXPECT_NE(said.find("hitch.yaml:2"), std::string::npos) << said;
  EXPECT_NE(said.find("'command'"), std::string::npos) << said;
}

TEST_F(StartTest, Options) {
  auto some = options();
  some.name = "named";
  some.network = "host";
  some.clock = Json{{"start", "2030-01-01"}, {"frozen", true}};
  some.options = {{"labels", {{"a", "b"}}}};
  ServiceBundle bundle(some);
  bundle.add("One", talker("date -u +%Y", {.ready = {{"log", "READY"}}, .startup_timeout = 10s}));
  const auto spec = bundle.describe();
  EXPECT_EQ(spec["network"], "host");
  EXPECT_EQ(spec["labels"]["a"], "b");
  EXPECT_EQ(spec["services"]["One"]["startup_timeout"], 10);
}

}  // namespace

}  // namespace client_tests
