// What a bundle is where a machine gives it no namespaces at all. The refusal is a real one: the
// tests take place in a user namespace that may have no others below it, with no capabilities.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "integration/harness/hitch_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kGoneBy{30};

class ProcessLevel : public HitchTest {
 protected:
  /// @param first  a shell command with all capabilities, and " && "
  RunOptions alone(const std::string& first = "") {
    RunOptions options;
    // Root's tests and a user's are the same user in there, and have one /tmp.
    options.environment["TMPDIR"] = bundle.root();
    options.prefix = {"/usr/bin/unshare",
                      "--user",
                      "--map-user=1000",
                      "--map-group=1000",
                      "--keep-caps",
                      "--mount",
                      "/bin/sh",
                      "-c",
                      first +
                          "echo 0 >/proc/sys/user/max_user_namespaces && "
                          "exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"",
                      "sh"};
    return options;
  }
  /// Those that are hardest to end.
  void write_hostile_services() {
    bundle.write(R"(
services:
  Many: {command: ["@many_processes@", "100"], ready: spawned}
  Chain: {command: ["@fork_forever@"], ready: forking}
  Daemon: {command: ["@double_fork@"], ready: daemon}
  Stopped: {command: ["@stopped_self@"], ready: stopping}
  Stubborn: {command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 100ms}
)");
  }
  std::unique_ptr<HitchProcess> start_hostile_bundle() {
    auto hitch = start({"run", "--", "/bin/sh", "-c", "echo go; exec sleep 1000"}, alone());
    EXPECT_TRUE(hitch->wait_for_out("go")) << hitch->err();
    return hitch;
  }
  /// hitch, the guard of its init, and init: each is the parent of the next.
  static std::vector<pid_t> own_processes() {
    std::vector<pid_t> own{::getpid()};
    const auto all = living_descendants(::getpid());
    for (std::size_t before = 0; before != own.size();) {
      before = own.size();
      for (const auto& info : all) {
        const bool is_hitch = info.name == "hitch" || info.name == "hitch-init";
        if (is_hitch && info.parent == own.back()) own.push_back(info.pid);
      }
    }
    own.erase(own.begin());
    return own;
  }
  static void expect_alone() {
    EXPECT_TRUE(wait_until_alone(kGoneBy)) << to_text(living_descendants(::getpid()));
    reap_orphans();
  }
  void expect_cleaned_by_the_next_command() {
    bundle.write("services: {}\n");
    EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, alone()), 0));
  }
};

TEST_F(ProcessLevel, IsToldOnceAndInEveryAnswer) {
  bundle.write("services:\n  App: {shell: 'echo up; exec sleep 1000', ready: up}\n");
  auto options = alone();
  options.prefix.insert(
      options.prefix.end(),
      {"/bin/sh", "-c", R"("$0" up -d && "$0" ps && "$0" exec App id -u && "$0" down)"});
  const auto result = run({}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err,
                        "isolation is 'process', not 'full': files, network and "
                        "processes are the machine's, because: create namespaces: No "
                        "space left on device"),
            1)
      << result.err;
  EXPECT_TRUE(has_line(result.out, "^isolation: process "));
  EXPECT_TRUE(has_line(result.out, "^1000$"));
}

/// A sandbox around it that allows no user namespaces below, and does not say so in its sysctls.
TEST_F(ProcessLevel, IsWhatASandboxGives) {
  bundle.write("services: {}\n");
  auto options = alone();
  options.prefix = {"/usr/bin/unshare",
                    "--user",
                    "--map-user=1000",
                    "--map-group=1000",
                    "--keep-caps",
                    "/bin/sh",
                    "-c",
                    "echo 1 >/proc/sys/user/max_user_namespaces && exec unshare --user "
                    "--map-user=1000 --map-group=1000 \"$@\"",
                    "sh"};
  const auto result = run_script("cat /proc/sys/user/max_user_namespaces", options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_NE(result.out, "0\n");
  EXPECT_THAT(result.err, HasSubstr("isolation is 'process', not 'full'"));
}

TEST_F(ProcessLevel, HasPlacesOfItsOwnThatGoWithIt) {
  bundle.write(R"(
services:
  Db:
    shell: "cat $HITCH_DATA/db/rows; echo more >$HITCH_DATA/db/rows; mktemp; echo up; exec sleep 1000"
    ready: up
    data: {path: db, prepare: [[sh, -c, "echo row >$HITCH_DATA/db/rows"]]}
)");
  const auto result =
      run_script("echo $TMPDIR; touch $TMPDIR/x; ls -d $TMPDIR/../data/Db", alone());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "^/.*-scratch/run-[0-9a-f]{8}/tmp$"));
  EXPECT_TRUE(has_line(result.err, "Db\\] row$"));
  EXPECT_TRUE(has_line(result.err, "Db\\] .*-scratch/run-[0-9a-f]{8}/tmp/tmp\\."));
}

TEST_F(ProcessLevel, RootsOfServicesAreRefused) {
  make_root(bundle.directory() / "root");
  bundle.write("services:\n  Own: {kind: task, rootfs: root, command: [busybox, 'true']}\n");
  EXPECT_TRUE(failed_saying(run({"run"}, alone()), 125,
                            "the root of service 'Own' needs a mount namespace, and this machine "
                            "gives none \\('hitch doctor' says why, and what would change it\\)"));
}

TEST_F(ProcessLevel, FilesCanBeChangedInTheBundlesDirectoryAlone) {
  bundle.write("services:\n  App: {shell: 'echo up >/dev/stdout; exec sleep 1000', ready: up}\n");
  const std::string script = R"(
    echo x >made && mkdir d && mv made d/made && echo inside
    echo x >/dev/null && echo null
    { echo x >/mnt/x; } 2>/dev/null && rm /mnt/x && echo outside
    true)";
  auto options = alone("mount -t tmpfs -o mode=1777 none /mnt && ");
  const auto confined = run_script(script, options);
  EXPECT_TRUE(exited(confined, 0));
  EXPECT_EQ(confined.out, "inside\nnull\n");
  bundle.write("filesystem: host\nservices: {}\n");
  const auto free = run_script("rm -r d; " + script, options);
  EXPECT_TRUE(exited(free, 0));
  EXPECT_EQ(free.out, "inside\nnull\noutside\n");
}

TEST_F(ProcessLevel, HasNoPrivilegesAndASystemCallFilter) {
  bundle.write("services: {}\n");
  const auto result = run_script(R"(
    grep -cE '^Cap(Inh|Prm|Eff|Amb):.0000000000000000$' /proc/self/status
    grep -cE '^NoNewPrivs:.1$|^Seccomp:.2$' /proc/self/status
    unshare -m true 2>/dev/null || echo refused; ulimit -c)",
                                 alone());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("4\n2\nrefused\n"));
}

TEST_F(ProcessLevel, ServiceThatKillsAllItMayEndsTheBundleAndNothingElse) {
  bundle.write(
      "services:\n  App: {shell: 'echo up; sleep 0.1; kill -9 -1; exec sleep 1000', ready: up}\n");
  HitchProcess outsider({.arguments = {"/bin/sleep", "1000"}});
  const auto result = run({"run"}, alone());
  EXPECT_NE(result.code, 0);
  EXPECT_EQ(result.signal, 0) << "hitch itself is out of reach";
  EXPECT_EQ(::kill(outsider.pid(), 0), 0);
  outsider.send_signal(SIGKILL);
  (void)outsider.wait();
  expect_alone();
}

TEST_F(ProcessLevel, NothingIsLeftOfTheWorstServices) {
  write_hostile_services();
  EXPECT_TRUE(exited(run_script("exit 3", alone()), 3));
  expect_alone();
}

TEST_F(ProcessLevel, NothingIsLeftWhicheverOfItsProcessesAreKilled) {
  write_hostile_services();
  constexpr std::array<std::array<bool, 3>, 4> kVictims{
      {{true, false, false}, {false, true, false}, {false, false, true}, {true, false, true}}};
  for (const auto& victims : kVictims) {
    SCOPED_TRACE(::testing::PrintToString(victims));
    auto hitch = start_hostile_bundle();
    const auto own = own_processes();
    ASSERT_EQ(own.size(), 3U);
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (victims[i]) (void)::kill(own[i], SIGKILL);
    }
    expect_alone();
    EXPECT_NE(hitch->wait().code, 0);
  }
  expect_cleaned_by_the_next_command();
}

TEST_F(ProcessLevel, NothingIsLeftOfAnInitThatIsStopped) {
  write_hostile_services();
  auto hitch = start_hostile_bundle();
  const auto own = own_processes();
  ASSERT_EQ(own.size(), 3U);
  (void)::kill(own[2], SIGSTOP);
  hitch->send_signal(SIGKILL);
  expect_alone();
  (void)hitch->wait();
  expect_cleaned_by_the_next_command();
}

TEST_F(ProcessLevel, ServicesAloneDieWithAllThatLookAfterThem) {
  bundle.write("services:\n  App: {command: ['@ignore_term@'], ready: ignoring}\n");
  auto hitch = start_hostile_bundle();
  for (const pid_t pid : own_processes()) (void)::kill(pid, SIGSTOP);
  for (const pid_t pid : own_processes()) (void)::kill(pid, SIGKILL);
  expect_alone();
  (void)hitch->wait();
  expect_cleaned_by_the_next_command();
}

TEST_F(ProcessLevel, PublishedPortIsTheServicesOwn) {
  const auto port = host_port();
  bundle.write("services:\n  App: {command: ['@listen_on@', '" + port +
               "'], ready: {listen: " + port + "}, publish: ['" + port + ":" + port + "']}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, alone()), 0));
}

TEST_F(ProcessLevel, WhatNeedsNamespacesIsAnError) {
  const std::array<std::array<std::string, 2>, 5> kNeeds{{
      {"services:\n  A: {command: [sleep, '9'], volumes: ['.:/mnt']}\n",
       "volume '.*:/mnt' of service 'A' needs a mount namespace"},
      {"services:\n  A: {command: [sleep, '9'], tmpfs: [/mnt]}\n",
       "'tmpfs' of service 'A' needs a mount namespace"},
      {"services:\n  A: {command: [sleep, '9'], user: root}\n",
       "'user: root' of service 'A' needs a user namespace"},
      {"filesystem: overlay\nservices:\n  A: {command: [sleep, '9']}\n",
       "'filesystem: overlay' needs a mount namespace"},
      {"clock: {monotonic_offset: 5}\nservices:\n  A: {command: [sleep, '9']}\n",
       "'monotonic_offset' needs a time namespace"},
  }};
  for (const auto& [file, words] : kNeeds) {
    bundle.write(file);
    const auto result = run({"run", "--", "/bin/true"}, alone());
    EXPECT_TRUE(failed_saying(result, 125, words + ", and this machine gives none .*hitch doctor"));
  }
}

TEST_F(ProcessLevel, ProcOfOthersIsAnError) {
  bundle.write("services: {}\n");
  auto options = alone();
  options.prefix.insert(options.prefix.begin() + 1, {"--pid", "--fork"});
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, options), 125,
                            "/proc is not that of this PID namespace"));
}

TEST_F(ProcessLevel, HasItsClock) {
  bundle.write("clock: {start: '2015-07-11T10:36:58Z'}\nservices: {}\n");
  const auto result = run_script("date +%Y", alone());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "2015\n") << result.err;
}

TEST_F(ProcessLevel, MoreCanBeRequired) {
  bundle.write("require_isolation: real-root\nservices: {}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, alone()), 125,
                            "isolation 'real-root' is required, and this machine gives 'process'"));
}

TEST_F(ProcessLevel, DoctorSaysSo) {
  const auto result = run({"doctor", "--require", "bundle"}, alone());
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("its isolation is 'process', not 'full'"));
}

}  // namespace
}  // namespace hitch::testing
