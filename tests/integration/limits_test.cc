// Limits of services, and pausing, by control groups; and what a machine without them does.
#include <csignal>
#include <fstream>
#include <thread>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<fs::path> groups_of_hitch() {
  std::vector<fs::path> found;
  std::error_code ec;
  for (fs::recursive_directory_iterator it("/sys/fs/cgroup", ec), end; !ec && it != end;
       it.increment(ec)) {
    if (it->is_directory(ec) && it->path().filename().native().starts_with("hitch-")) {
      found.push_back(it->path());
    }
  }
  return found;
}

std::uint64_t number_in(const fs::path& file, const std::string& name) {
  std::ifstream in(file);
  std::string word;
  for (std::uint64_t value = 0; in >> word >> value;) {
    if (word == name) return value;
  }
  return 0;
}

/// Looks until it is so. @return false after a long time
template <typename Condition>
bool eventually(Condition holds) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

class ControlGroups : public HitchTest {
 protected:
  /// Skips, with what doctor says, where the feature is not there.
  void need(const std::string& feature) {
    const auto result = run({"doctor", "--require", feature});
    if (result.code == 125) GTEST_SKIP() << result.last_line();
    ASSERT_TRUE(exited(result, 0));
  }
  /// The group of a service of this test's bundle that has `file` in it.
  fs::path group_of(const std::string& service, const std::string& file) {
    for (const auto& group : groups_of_hitch()) {
      const bool ours = group.filename().native().starts_with("hitch-" + name_ + '-');
      auto path = group / ("service-" + service);
      if (ours && fs::exists(path / file)) return path;
    }
    return {};
  }
  /// A bundle of whose groups no other test has any: names are part of theirs.
  void write(const std::string& services) {
    name_ = "limits" + std::to_string(::getpid());
    bundle.write("name: " + name_ + "\nservices:\n" + services);
  }
  void up() { ASSERT_TRUE(exited(run({"up", "-d", "-q"}), 0)); }
  void down() {
    ASSERT_TRUE(exited(run({"down"}), 0));
    EXPECT_FALSE(has_groups());
  }
  bool has_groups() {
    for (const auto& group : groups_of_hitch()) {
      if (group.filename().native().starts_with("hitch-" + name_ + '-')) return true;
    }
    return false;
  }

  std::string name_;
};

class Limits : public ControlGroups {
 protected:
  void SetUp() override {
    ControlGroups::SetUp();
    for (const char* feature : {"memory-limit", "cpus-limit", "pids-limit"}) {
      if (!IsSkipped() && !HasFatalFailure()) need(feature);
    }
  }
};

constexpr const char* kHog = "[python3, -c, \"b = []\\nwhile True: b.append(b'x' * (1 << 20))\"]";

TEST_F(Limits, WhoTakesTooMuchMemoryIsKilledAndTheReasonIsTold) {
  write("  Hog: {command: " + std::string(kHog) + ", limits: {memory: 64MiB, required: true}}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(failed_saying(
      result, 125,
      R"('Hog' died: it was killed by SIGKILL \(out of memory, limits.memory is 64 MiB\)$)"));
  EXPECT_TRUE(has_line(result.out,
                       "'Hog': the kernel killed a process of it: out of memory, limits.memory"));
  EXPECT_FALSE(has_groups());
}

TEST_F(Limits, AChildThatIsKilledIsNamedWhenItsServiceEnds) {
  write(
      "  App: {command: [sh, -c, \"python3 -c 'b = []\\nwhile True: b.append(b\\\"x\\\" * (1 << "
      "20))'; exit 3\"], limits: {memory: 64MiB}}\n");
  EXPECT_TRUE(failed_saying(run({"run"}), 125,
                            "exited with code 3, and the kernel had killed a process of it .out "
                            "of memory, limits.memory is 64 MiB"));
}

TEST_F(Limits, OtherServicesOfTheBundleAreNotKilled) {
  write("  Hog: {command: " + std::string(kHog) +
        ", kind: task, limits: {memory: 48MiB}}\n"
        "  Web: {command: [sleep, '1000'], limits: {memory: 48MiB}, depends_on: {Hog: {condition: "
        "completed}}}\n");
  const auto result = run({"run", "--", "/bin/echo", "still here"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "still here\n");
}

TEST_F(Limits, ProcessorTimeIsAsMuchAsWasGiven) {
  write(
      "  Busy: {command: [python3, -c, \"while True: pass\"], limits: {cpus: 0.2}}\n"
      "  Free: {command: [python3, -c, \"while True: pass\"]}\n");
  up();
  const auto group = group_of("Busy", "cpu.stat");
  ASSERT_NE(group, fs::path());
  ASSERT_TRUE(eventually([&] { return number_in(group / "cpu.stat", "nr_throttled") >= 20; }));
  pid_t pid = 0;
  std::ifstream(group / "cgroup.procs") >> pid;
  const auto ticks_of = [](pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::string word;
    std::uint64_t user = 0, system = 0;
    for (int i = 3; i < 14; ++i) rest >> word;
    rest >> user >> system;
    return user + system;
  };
  const auto used_ms = ticks_of(pid) * 1000 / std::uint64_t(::sysconf(_SC_CLK_TCK));
  // Counted by the kernel in periods of 100 ms in which it wanted to run, so a slow machine does
  // not matter. 20 ms each are its own; without a limit it would be five times as much.
  const auto periods = number_in(group / "cpu.stat", "nr_periods") + 1;
  EXPECT_LE(used_ms, periods * 20 * 3 / 2) << periods << " periods";
  EXPECT_GE(periods, 20U);
  down();
}

TEST_F(Limits, AForkBombIsStoppedAndTheBundleGoesOn) {
  write(
      "  Bomb: {command: [python3, -c, \"import os, signal\\nsignal.signal(signal.SIGCHLD, "
      "signal.SIG_IGN)\\nprint('lit', flush=True)\\nwhile True:\\n  try: os.fork()\\n  except "
      "OSError: pass\"], ready: lit, limits: {pids: 40}}\n"
      "  Web: {command: [sleep, '1000']}\n");
  up();
  const auto group = group_of("Bomb", "pids.max");
  ASSERT_NE(group, fs::path());
  ASSERT_TRUE(eventually([&] { return number_in(group / "pids.events", "max") > 100; }));
  std::uint64_t now = 0;
  std::ifstream(group / "pids.current") >> now;
  EXPECT_LE(now, 40U);
  EXPECT_TRUE(exited(run({"exec", "Web", "sh", "-c", "sleep 0 & sleep 0 & wait"}), 0));
  down();
}

TEST_F(Limits, WhoIsRefusedProcessesIsToldOfTheLimit) {
  write(
      "  App: {command: [python3, -c, \"import os, time\\nfor i in range(50):\\n  if os.fork() == "
      "0: time.sleep(1000)\"], limits: {pids: 20}}\n");
  EXPECT_TRUE(
      failed_saying(run({"run"}), 125, R"(could not start a process \(limits.pids is 20\))"));
}

TEST_F(Limits, HooksAndSubCommandsAreOnTheServicesAccount) {
  write(
      "  App: {command: [sleep, '1000'], limits: {pids: 77}, setup: [[sh, -c, 'cat "
      "/proc/self/cgroup >>seen']], ready: {exec: [sh, -c, 'cat /proc/self/cgroup >>seen']}}\n");
  up();
  EXPECT_THAT(run({"exec", "App", "cat", "/proc/self/cgroup"}).out, HasSubstr("/service-App"));
  EXPECT_EQ(count_lines(bundle.read_file("seen"), "pids.*/service-App|^0::.*/service-App"), 2);
  const auto group = group_of("App", "pids.max");
  EXPECT_EQ(read_whole_file(group / "pids.max"), "77\n");
  down();
}

TEST_F(Limits, PostgresRunsUnderThem) {
  if (!fs::exists("/usr/lib/postgresql")) GTEST_SKIP() << "PostgreSQL is not installed";
  write(
      "  Db: {recipe: postgres, limits: {memory: 512MiB, pids: 60, cpus: 1.5, required: true}}\n");
  const auto result = run({"run", "--", "psql", "-h", "127.0.0.1", "-U", "postgres", "-Atc",
                           "select count(*) from generate_series(1, 200000)"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "200000\n");
}

TEST_F(Limits, GroupsOfAKilledSupervisorAreRemovedByTheNextCommand) {
  write("  Web: {command: [sleep, '1000'], limits: {memory: 64MiB, cpus: 1, pids: 50}}\n");
  auto hitch = start({"run", "--", "/bin/sleep", "1000"});
  ASSERT_TRUE(hitch->wait_for_err("READY")) << hitch->err();
  ASSERT_TRUE(has_groups());
  hitch->send_signal(SIGKILL);
  EXPECT_TRUE(wait_until_alone(kPatience));
  (void)hitch->wait();
  reap_orphans();
  EXPECT_TRUE(has_groups()) << "nobody was left to remove them";
  write("  Idle: {command: [sleep, '1000']}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_FALSE(has_groups());
}

TEST_F(Limits, RestartedServiceIsLimitedAgain) {
  write("  Hog: {command: " + std::string(kHog) +
        ", limits: {memory: 48MiB}, restart: 'on-failure:2'}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(failed_saying(result, 125, "out of memory, limits.memory is 48 MiB"));
  EXPECT_EQ(count_lines(result.out, "the kernel killed a process of it"), 3);
}

TEST_F(Limits, ServicesCannotWriteToThem) {
  for (const char* view : {"private", "host"}) {
    write("  App: {command: [sleep, '1000'], limits: {pids: 50, memory: 1GiB}}\n");
    bundle.write_file("view.yaml", "filesystem: " + std::string(view) + "\n");
    const auto result = run({"-f", "hitch.yaml", "-f", "view.yaml", "run", "--", "sh", "-c", R"(
      found=0
      for file in $(find /sys/fs/cgroup -path '*service-App*' -name 'pids.max' -o -path '*service-App*' -name cgroup.procs); do
        found=$((found + 1))
        if (echo 0 >$file); then echo "$file was written to"; fi
      done
      [ $found -gt 0 ] && echo done)"});
    EXPECT_TRUE(exited(result, 0)) << view;
    EXPECT_EQ(result.out, "done\n") << view;
    EXPECT_THAT(result.err, HasSubstr("Read-only file system")) << view;
  }
}

/// A program that runs `script` where the control groups are read-only, as containers have them;
/// hitch is "$1".
std::vector<std::string> with_read_only_groups(const std::string& script_then = "exec \"$@\"") {
  const std::string script =
      std::string(
          "for m in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mount --bind $m $m && ") +
      "mount -o remount,bind,ro,nosuid,nodev,noexec $m || exit 77; done; " + script_then;
  std::vector<std::string> prefix{"/usr/bin/unshare"};
  if (::geteuid() != 0) prefix.insert(prefix.end(), {"--user", "--map-root-user"});
  prefix.insert(prefix.end(), {"--mount", "/bin/sh", "-c", script, "sh"});
  return prefix;
}

class WithoutGroups : public ControlGroups {
 protected:
  void SetUp() override {
    ControlGroups::SetUp();
    write(
        "  Web: {command: [sleep, '1000'], limits: {memory: 64MiB, pids: 50}}\n"
        "  Db: {command: [sleep, '1000'], limits: {pids: 50}}\n");
  }
  const RunOptions options_{.prefix = with_read_only_groups()};
};

TEST_F(WithoutGroups, LimitsThatAreNotInForceAreToldOnce) {
  const auto result = run({"run", "-q", "--", "/bin/echo", "ran"}, options_);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "ran\n");
  EXPECT_EQ(count_lines(result.err, "limits that are not in force here: "), 1) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("memory of 'Web'"), HasSubstr("pids of 'Web', 'Db'")));
}

TEST_F(WithoutGroups, TheyCanBeRequired) {
  EXPECT_TRUE(failed_saying(run({"run", "--require-limits", "--", "/bin/true"}, options_), 125,
                            "'limits.memory' of service 'Web' is required, and cannot be had"));
  write("  Db: {command: [sleep, '1000'], limits: {pids: 50, required: true}}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, options_), 125,
                            "'limits.pids' of service 'Db' is required"));
  RunOptions asked = options_;
  asked.environment["HITCH_REQUIRE_LIMITS"] = "1";
  write("  Db: {command: [sleep, '1000'], limits: {pids: 50}}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, asked), 125, "is required"));
}

TEST_F(WithoutGroups, RequiringThemCostsNothingWhereThereAreNone) {
  write("  Db: {command: [sleep, '1000'], limits: {required: true, open_files: 100}}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options_), 0));
}

TEST_F(WithoutGroups, DoctorNamesTheCause) {
  const auto result = run({"doctor", "--require", "memory-limit"}, options_);
  EXPECT_TRUE(failed_saying(result, 125, "does not have 'memory-limit': "));
  EXPECT_TRUE(has_line(result.out, "^pids-limit +no +'limits.pids'"));
}

TEST_F(ControlGroups, BundlesWithoutLimitsHaveNone) {
  write("  Web: {command: [sleep, '1000']}\n");
  up();
  EXPECT_FALSE(has_groups());
  down();
}

TEST_F(ControlGroups, WhatIsInABundleIsKilledBeforeItsSupervisor) {
  write("  Web: {command: [sleep, '1000']}\n");
  const auto result = run({"run", "--", "cat", "/proc/self/oom_score_adj"});
  const int own = std::stoi(read_whole_file("/proc/self/oom_score_adj"));
  EXPECT_EQ(result.out, std::to_string(std::min(own + 200, 1000)) + "\n");
}

/// A parent that hears of everything that happens to its child.
constexpr const char* kWatched = R"(
import os, time
child = os.fork()
if child == 0:
  while True:
    with open('beats', 'a') as beats: beats.write('x')
    time.sleep(0.01)
print('up', flush=True)
os.waitpid(child, os.WUNTRACED | os.WCONTINUED)
print('heard of it', flush=True)
time.sleep(1000)
)";

class Paused : public ControlGroups {
 protected:
  void SetUp() override {
    ControlGroups::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) need("freezer");
  }
  void start_watched() {
    write("  App: {command: [python3, app.py], ready: up}\n");
    bundle.write_file("app.py", kWatched);
    bundle.write_file("beats", "");
    up();
  }
  std::size_t beats() { return bundle.read_file("beats").size(); }
  void pause() {
    ASSERT_TRUE(exited(run({"pause", "App"}), 0));
    const auto group = group_of("App", "cgroup.events");
    ASSERT_NE(group, fs::path());
    ASSERT_TRUE(eventually([&] { return number_in(group / "cgroup.events", "frozen") == 1; }));
  }
};

TEST_F(Paused, ServiceDoesNotSeeIt) {
  start_watched();
  pause();
  const auto before = beats();
  EXPECT_THAT(run({"exec", "App", "echo", "beside it"}).out, "beside it\n");
  EXPECT_EQ(beats(), before);
  EXPECT_TRUE(exited(run({"unpause", "App"}), 0));
  EXPECT_TRUE(eventually([&] { return beats() > before; }));
  EXPECT_THAT(run({"logs", "App"}).out, Not(HasSubstr("heard of it")));
  down();
}

TEST_F(Paused, ServiceCanBeTakenDown) {
  start_watched();
  pause();
  down();
}

TEST_F(Paused, ServiceCanBeKilledAndStartsAgain) {
  write("  App: {command: [sh, -c, 'echo start >>starts; exec sleep 1000'], restart: always}\n");
  up();
  pause();
  EXPECT_TRUE(exited(run({"kill", "-s", "KILL", "App"}), 0));
  EXPECT_TRUE(eventually([&] { return bundle.read_file("starts") == "start\nstart\n"; }));
  down();
}

TEST_F(Paused, ServiceDiesWithItsSupervisor) {
  write("  App: {command: [sleep, '1000']}\n");
  auto hitch = start({"run", "--", "/bin/sleep", "1000"});
  ASSERT_TRUE(hitch->wait_for_err("READY")) << hitch->err();
  pause();
  hitch->send_signal(SIGKILL);
  EXPECT_TRUE(wait_until_alone(kPatience)) << to_text(living_descendants(::getpid()));
  (void)hitch->wait();
  reap_orphans();
  EXPECT_TRUE(has_groups()) << "nobody was left to remove them";
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_FALSE(has_groups());
}

TEST_F(WithoutGroups, PauseIsASignal) {
  write("  App: {command: [sleep, '1000']}\n");
  const auto result = run({}, {.prefix = with_read_only_groups(R"(
    state() { until "$1" exec App cat /proc/2/stat | grep -q ") $2 "; do sleep 0.01; done; echo $2; }
    "$1" up -d -q && "$1" pause App && state "$1" T && "$1" unpause App && state "$1" S
    "$1" down)")});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("T\nS\n"));
}

}  // namespace
}  // namespace hitch::testing
