// Readiness by looking at what a service does: ports, HTTP, commands, files, notifications.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class ReadyByProbe : public HitchTest {
 protected:
  ProcessResult run_service(const std::string& definition,
                            std::vector<std::string> command = {"/bin/true"}) {
    bundle.write("services:\n  App: " + definition + "\n");
    std::vector<std::string> arguments{"run", "--"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    return run(arguments);
  }
  /// @param what  has to be in the report: what was waited for
  void expect_never_ready(const std::string& definition, const std::string& what) {
    const auto result = run_service(definition);
    EXPECT_TRUE(failed_saying(result, 124, "App"));
    EXPECT_THAT(result.err, HasSubstr(what));
  }
};

TEST_F(ReadyByProbe, ListenWaitsForThePort) {
  const auto result =
      run_service(R"({command: ["@listen_on@", "7001", --after, "100"], ready: {listen: 7001}})",
                  {"@try_connect@", "127.0.0.1", "7001"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: hello\n");
}

TEST_F(ReadyByProbe, ListenCountsAChildOfTheService) {
  const auto result = run_service(
      R"({command: ["@listen_on@", "7001", --child, --after, "100"], ready: {listen: 7001}})",
      {"@try_connect@", "127.0.0.1", "7001"});
  EXPECT_TRUE(exited(result, 0));
}

TEST_F(ReadyByProbe, ListenOnAnotherPortTimesOut) {
  expect_never_ready(R"({command: ["@listen_on@", "7001"], ready: {listen: 7002, timeout: 300ms}})",
                     "7002");
}

TEST_F(ReadyByProbe, ListenDoesNotCountAnotherService) {
  bundle.write(R"(
services:
  Other: {command: ["@listen_on@", "7001"], ready: {listen: 7001}}
  App:
    command: [sleep, "1000"]
    depends_on: [Other]
    ready: {listen: 7001, timeout: 300ms}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 124, "App"));
  EXPECT_THAT(result.err, HasSubstr("7001"));
}

TEST_F(ReadyByProbe, TcpWaitsForAConnection) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001", --after, "100"],
        ready: {tcp: 7001, interval: 10ms}})"),
                     0));
}

TEST_F(ReadyByProbe, TcpMayNameAHost) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001"],
        ready: {tcp: "localhost:7001"}})"),
                     0));
}

TEST_F(ReadyByProbe, TcpWithoutAListenerTimesOut) {
  expect_never_ready(R"({command: [sleep, "1000"], ready: {tcp: 7001, timeout: 300ms}})", "7001");
}

TEST_F(ReadyByProbe, TcpOfTheHostIsNotTheBundles) {
  // A listener on the host, outside of any bundle.
  HitchProcess listener({.arguments = {bundle.expand("@listen_on@"), host_port()}});
  ASSERT_TRUE(listener.wait_for_out("listening"));
  expect_never_ready(
      "{command: [sleep, '1000'], ready: {tcp: " + host_port() + ", timeout: 300ms}}", host_port());
}

TEST_F(ReadyByProbe, HttpWaitsForAGoodAnswer) {
  EXPECT_TRUE(
      exited(run_service(R"({command: ["@listen_on@", "7001", --http, "200", --http-after, "150"],
        ready: {http: "http://127.0.0.1:7001/health", interval: 20ms}})"),
             0));
}

TEST_F(ReadyByProbe, HttpWithAnErrorTimesOut) {
  expect_never_ready(R"({command: ["@listen_on@", "7001", --http, "404"],
        ready: {http: "http://127.0.0.1:7001/health", timeout: 400ms}})",
                     "/health");
}

TEST_F(ReadyByProbe, HttpStatusMayBeAskedFor) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001", --http, "404"],
        ready: {http: {port: 7001, path: /missing, status: 404}}})"),
                     0));
}

TEST_F(ReadyByProbe, HttpWithAnotherStatusThanAskedForTimesOut) {
  expect_never_ready(R"({command: ["@listen_on@", "7001", --http, "200"],
        ready: {http: {port: 7001, status: 204}, timeout: 400ms}})",
                     "204");
}

TEST_F(ReadyByProbe, ServerThatTalksNoHttpTimesOut) {
  expect_never_ready(R"({command: ["@listen_on@", "7001"],
        ready: {http: "http://127.0.0.1:7001/", timeout: 400ms}})",
                     "7001");
}

TEST_F(ReadyByProbe, ExecRunsInTheServicesEnvironmentAndDirectory) {
  bundle.write_file("app/here", "");
  EXPECT_TRUE(exited(run_service(R"({shell: "sleep 0.1; touch up; sleep 1000", working_dir: app,
        environment: {WANTED: up}, ready: {exec: [sh, -c, "test -e here && test -e $WANTED"]}})"),
                     0));
}

TEST_F(ReadyByProbe, ExecThatFailsTimesOut) {
  expect_never_ready(R"({command: [sleep, "1000"],
        ready: {exec: [sh, -c, "exit 3"], timeout: 300ms}})",
                     "exit 3");
}

TEST_F(ReadyByProbe, ExecThatHangsTimesOutAndIsKilled) {
  expect_never_ready(R"({command: [sleep, "1000"],
        ready: {exec: [sleep, "999"], timeout: 300ms}})",
                     "999");
}

TEST_F(ReadyByProbe, FileAsTheServiceSeesIt) {
  EXPECT_TRUE(exited(run_service(R"({shell: "sleep 0.1; touch /tmp/up; sleep 1000",
        ready: {file: /tmp/up}})"),
                     0));
}

TEST_F(ReadyByProbe, FileRelativeToTheWorkingDirectory) {
  EXPECT_TRUE(
      exited(run_service(R"({shell: "sleep 0.1; touch up; sleep 1000", ready: {file: up}})"), 0));
}

TEST_F(ReadyByProbe, FileThatDoesNotAppearTimesOut) {
  expect_never_ready(R"({command: [sleep, "1000"], ready: {file: /tmp/never, timeout: 300ms}})",
                     "/tmp/never");
}

TEST_F(ReadyByProbe, NotifyWaitsForReady) {
  EXPECT_TRUE(exited(
      run_service(R"({command: ["@notify_ready@", --first, "STATUS=warming up", --after, "100"],
        ready: {notify: true}})"),
      0));
}

// What systemd-notify(1) does after it has said READY=1.
TEST_F(ReadyByProbe, NotifyPassesABarrierAfterItWasReady) {
  bundle.write(R"(
services:
  App: {command: ["@notify_ready@", --barrier], ready: {all: [{notify: true}, {log: notified}]}}
  Late: {command: ["@notify_ready@", --barrier], ready: {notify: true}}
  Other:
    shell: sleep 1000
    depends_on: [Late]
)");
  const auto running = start({"run"});
  EXPECT_TRUE(running->wait_for_out("Late] notified"));
  running->send_signal(SIGTERM);
  EXPECT_TRUE(exited(running->wait(), 128 + SIGTERM));
}

TEST_F(ReadyByProbe, NotifyMayComeFromAChild) {
  EXPECT_TRUE(
      exited(run_service(R"({command: ["@notify_ready@", --child], ready: {notify: true}})"), 0));
}

TEST_F(ReadyByProbe, NotifyWithoutReadyTimesOut) {
  expect_never_ready(R"({command: ["@notify_ready@", --first, "STATUS=warming up", --never],
        ready: {notify: true, timeout: 300ms}})",
                     "READY=1");
}

TEST_F(ReadyByProbe, TwoServicesNotifyApart) {
  bundle.write(R"(
services:
  App: {command: ["@notify_ready@"], ready: {notify: true}}
  Late: {command: ["@notify_ready@", --never], ready: {notify: true, timeout: 400ms}}
)");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 124, "Late"));
}

TEST_F(ReadyByProbe, AllNeedsEachCondition) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001", --after, "50"],
        ready: {all: [{listen: 7001}, {log: listening}]}})"),
                     0));
}

TEST_F(ReadyByProbe, AllWithOneThatNeverHoldsTimesOutAndNamesIt) {
  expect_never_ready(R"({command: ["@listen_on@", "7001"],
        ready: {all: [{listen: 7001}, {log: never said}], timeout: 400ms}})",
                     "never said");
}

TEST_F(ReadyByProbe, AnyNeedsOneCondition) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001"],
        ready: {any: [{listen: 7002}, {log: listening}]}})"),
                     0));
}

TEST_F(ReadyByProbe, AnyWithNoneThatHoldsTimesOut) {
  expect_never_ready(R"({command: ["@listen_on@", "7001"],
        ready: {any: [{listen: 7002}, {log: never said}], timeout: 400ms}})",
                     "7002");
}

TEST_F(ReadyByProbe, ConditionsNest) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@listen_on@", "7001"],
        ready: {all: [{any: [{tcp: 7002}, {tcp: 7001}]}, {log: listening}]}})"),
                     0));
}

}  // namespace
}  // namespace hitch::testing
