// Readiness by what a service prints, and the report when it never prints that.
#include <fstream>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReadyByLog : public HitchTest {
 protected:
  /// Writes a bundle with one service and runs `true` in it.
  ProcessResult run_service(const std::string& definition) {
    bundle.write("services:\n  App: " + definition + "\n");
    return run({"run", "--", "/bin/true"});
  }
};

TEST_F(ReadyByLog, TextOfALineMakesAServiceReady) {
  const auto result = run_service(
      R"({command: ["@echo_lines@", --delay, "50", --text, "now it is up.", --stay], ready: it is up})");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, R"(^\[ *App\] now it is up\.$)"));
}

TEST_F(ReadyByLog, TextIsNoRegularExpression) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@echo_lines@", --text, "up (1+1) [ok].", --stay],
        ready: {log: "(1+1) [ok]."}})"),
                     0));
}

TEST_F(ReadyByLog, FirstLineOfAFastServiceIsSeen) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@echo_lines@", --count, "10000", --stay],
        ready: {log: line 1}})"),
                     0));
}

TEST_F(ReadyByLog, RegularExpressionMatchesInALine) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@echo_lines@", --text, "port 5432 open", --stay],
        ready: {log_regex: "^port [0-9]+ open$"}})"),
                     0));
}

TEST_F(ReadyByLog, RegularExpressionThatDoesNotMatchTimesOut) {
  const auto result = run_service(R"({command: ["@echo_lines@", --text, "port x open", --stay],
        ready: {log_regex: "^port [0-9]+ open$", timeout: 300ms}})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
  EXPECT_THAT(result.err, HasSubstr("^port [0-9]+ open$"));
}

TEST_F(ReadyByLog, JqFilterOnAJsonLine) {
  EXPECT_TRUE(exited(
      run_service(R"({shell: "echo starting; echo '{\"event\": \"ready\", \"n\": 3}'; sleep 1000",
        ready: {json: '.event == "ready" and .n > 2'}})"),
      0));
}

TEST_F(ReadyByLog, JqFilterThatIsNeverTrueTimesOut) {
  const auto result = run_service(R"({shell: "echo '{\"event\": \"ready\", \"n\": 1}'; sleep 1000",
        ready: {json: '.event == "ready" and .n > 2', timeout: 300ms}})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
  EXPECT_THAT(result.err, HasSubstr(".n > 2"));
}

TEST_F(ReadyByLog, JqFilterThatNeverEndsFailsTheRun) {
  const auto result = run_service(R"({shell: "echo '{\"n\": 1}'; sleep 1000",
        ready: {json: '[repeat(.)]'}})");
  EXPECT_TRUE(failed_saying(
      result, 2, R"(service 'App': .*jq filter '\[repeat\(\.\)\]': a line took longer than 2 )"));
}

/// A copy of hitch that lacks its hitch-jq.
class WithoutJq : public ReadyByLog {
 protected:
  WithoutJq() {
    const auto parts = hitch_binary().parent_path().parent_path() / "libexec/hitch";
    std::filesystem::create_directories(prefix_ / "bin");
    std::filesystem::create_directories(prefix_ / "libexec/hitch");
    std::filesystem::copy_file(hitch_binary(), prefix_ / "bin/hitch");
    std::filesystem::copy_file(parts / "hitch-init", prefix_ / "libexec/hitch/hitch-init");
    bundle.write(R"(
services:
  App: {shell: "echo '{\"n\": 1}'; sleep 1000", ready: {json: .n}}
)");
  }
  ProcessResult run_copy() {
    const auto copy = (prefix_ / "bin/hitch").native();
    return run(
        {"run", "--", "/bin/true"},
        {.prefix = {"/bin/sh", "-c", "copy=$1; shift 2; exec \"$copy\" \"$@\"", "sh", copy}});
  }

  std::filesystem::path prefix_ = bundle.root() / "prefix";
};

TEST_F(WithoutJq, ABundleThatNeedsItSaysWhatIsMissing) {
  EXPECT_TRUE(failed_saying(
      run_copy(), 125,
      R"(jq filter '\.n': start '.*/libexec/hitch/hitch-jq': No such file .*install)"));
}

TEST_F(WithoutJq, AMissingLibraryNamesThePackage) {
  const auto program = prefix_ / "libexec/hitch/hitch-jq";
  std::ofstream(program) << "#!/bin/sh\nexit 127\n";  // as ld.so(8) has it
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  EXPECT_TRUE(failed_saying(run_copy(), 125,
                            R"(jq filter '\.n': load hitch-jq: a library is missing .*libjq1)"));
}

TEST_F(WithoutJq, ABundleThatDoesNotNeedItRuns) {
  bundle.write("services: {App: {shell: 'echo up; sleep 1000', ready: up}}\n");
  EXPECT_TRUE(exited(run_copy(), 0));
}

TEST_F(ReadyByLog, OtherStreamDoesNotCount) {
  const auto result =
      run_service(R"({command: ["@echo_lines@", --text, ready, --stream, out, --stay],
        ready: {log: ready, stream: err, timeout: 300ms}})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
}

TEST_F(ReadyByLog, StandardErrorCounts) {
  const auto result = run_service(R"({command: ["@echo_lines@", --text, up, --stream, err, --stay],
        ready: {log: up, stream: err}})");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, R"(^\[ *Err App\] up$)"));
}

TEST_F(ReadyByLog, AsManyLinesAsAskedFor) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@echo_lines@", --text, worker up, --count, "3",
        --interval, "20", --stay], ready: {log: worker up, times: 3}})"),
                     0));
}

TEST_F(ReadyByLog, FewerLinesThanAskedForTimeOut) {
  const auto result =
      run_service(R"({command: ["@echo_lines@", --text, worker up, --count, "2", --stay],
        ready: {log: worker up, times: 3, timeout: 300ms}})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
}

TEST_F(ReadyByLog, LineWithoutANewlineCounts) {
  EXPECT_TRUE(
      exited(run_service(R"({command: ["@echo_lines@", --text, "up> ", --no-newline, --stay],
        ready: "up>"})"),
             0));
}

TEST_F(ReadyByLog, PredecessorsWordIsUnderstood) {
  EXPECT_TRUE(exited(run_service(R"({command: ["@echo_lines@", --text, hello, --stay],
        log_line_ready_checker: hello})"),
                     0));
}

TEST_F(ReadyByLog, ReportNamesServiceConditionTimeAndTheLastTwentyLines) {
  const auto result = run_service(R"({command: ["@echo_lines@", --count, "50", --stay],
        ready: {log: it never says this, timeout: 400ms}})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
  EXPECT_THAT(result.err, HasSubstr("it never says this"));
  EXPECT_TRUE(has_line(result.err, R"(App.*(400 ?ms|0\.4\d* ?s))"));
  // The log shows all 50; the report comes after it and repeats the last 20.
  EXPECT_EQ(count_lines(result.err, "line 30$"), 1) << result.err;
  EXPECT_EQ(count_lines(result.err, "line 31$"), 2) << result.err;
  EXPECT_EQ(count_lines(result.err, "line 50$"), 2) << result.err;
}

TEST_F(ReadyByLog, ReportShowsTheLinesOfAQuietRunToo) {
  bundle.write(R"(
services:
  App: {command: ["@echo_lines@", --count, "50", --stay], ready: {log: never, timeout: 300ms}}
)");
  const auto result = run({"run", "-q", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 124, "App"));
  EXPECT_EQ(count_lines(result.err, "line 30$"), 0) << result.err;
  EXPECT_EQ(count_lines(result.err, "line 31$"), 1) << result.err;
}

TEST_F(ReadyByLog, StartupTimeoutOfTheServiceIsTheDefault) {
  const auto result = run_service(R"({command: ["@echo_lines@", --text, hello, --stay],
        startup_timeout: 300ms, ready: never})");
  EXPECT_TRUE(failed_saying(result, 124, "App"));
}

TEST_F(ReadyByLog, StartupTimeoutOfTheBundleCoversAllServices) {
  bundle.write(R"(
startup_timeout: 500ms
services:
  App: {command: ["@echo_lines@", --text, hello, --stay], ready: never}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 124, "App"));
}

TEST_F(ReadyByLog, CommandDoesNotRunWhenAServiceIsNotReady) {
  bundle.write(R"(
services:
  App: {command: ["@echo_lines@", --stay], ready: {log: never, timeout: 200ms}}
)");
  const auto result = run_script("echo it ran; touch ran");
  EXPECT_TRUE(exited(result, 124));
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, Not(HasSubstr("READY")));
  EXPECT_FALSE(bundle.has_file("ran"));
}

TEST_F(ReadyByLog, ServiceWithoutAConditionIsReadyWhenStarted) {
  EXPECT_TRUE(exited(run_service(R"({command: [sleep, "1000"]})"), 0));
}

}  // namespace
}  // namespace hitch::testing
