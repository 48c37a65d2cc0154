// The matrix of starts: every way to start a program, and every state that one may start in, sees
// the bundle's time from its first reading on, or is told of. Prints its table.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "clock/clocked_program.h"
#include "clock/sleeping_task.h"

namespace hitch::testing {
namespace {

using Command = std::vector<std::string>;
constexpr std::int64_t kShift = 400 * kDay;
constexpr const char* kRight = "right";
constexpr const char* kSlow = "right, slow";
constexpr const char* kReal = "the machine's, said";
constexpr const char* kRefused = "refused";

struct Way {
  const char* name;
  Command command;  ///< prints the time on a line of its own
  const char* as_caller = kRight;
  const char* as_nobody = kRight;
  const char* needs = "/bin/sh";
};

/// A copy of a program in a folder that everybody can look into, with a mode of its own.
class Copy {
 public:
  Copy(const char* program, mode_t mode) : path_("/tmp/hitch-clock-XXXXXX") {
    UniqueFd made(::mkstemp(path_.data()));
    EXPECT_TRUE(made.is_open());
    made.reset();  // what is open to be written cannot be executed
    std::ofstream(path_) << std::ifstream(program).rdbuf();
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  Copy(const Copy&) = delete;
  ~Copy() { ::unlink(path_.c_str()); }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// What a run came to, in the words of the table.
std::string cell_of(ClockedProgram& program) {
  const auto output = program.read_rest();
  const int code = program.wait();
  bool right = false, real = false;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::int64_t seen = std::atol(line.c_str()), now = ::time(nullptr);
    right = right || is_near(seen, now + kShift);
    real = real || is_near(seen, now);
  }
  const auto& news = program.news();
  const bool once = news.size() == 1;
  if (code != 0 && output.empty() && news.empty()) return kRefused;
  if (code != 0) return "exit code " + std::to_string(code);
  if (right && news.empty()) return kRight;
  if (right && once && news[0].kind == ClockNewsKind::kSlow) return kSlow;
  if (real && once && news[0].kind == ClockNewsKind::kUntouched) return kReal;
  return "wrong: " + output + (news.empty() ? "" : news[0].step.data());
}

class ExecMatrix : public ::testing::TestWithParam<RunAs> {
 protected:
  void SetUp() override {
    if (GetParam() == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "is nobody already";
  }
  /// Nobody is whom the table's last column is about: whoever is not root.
  static bool is_root() { return GetParam() == RunAs::kCaller && ::geteuid() == 0; }
};

std::vector<Way> ways_to_start() {
  return {
      {"static, no libc", {HITCH_CLOCK_WITHOUT_LIBC}},
      {"dynamic", {"/bin/date", "+%s"}},
      {"execvp in a thread", {HITCH_CLOCK_STARTS, "thread", "/bin/date", "+%s"}},
      {"vfork", {HITCH_CLOCK_STARTS, "vfork", "/bin/date", "+%s"}},
      {"posix_spawn", {HITCH_CLOCK_STARTS, "spawn", "/bin/date", "+%s"}},
      {"fexecve", {HITCH_CLOCK_STARTS, "fexecve", "/bin/date", "+%s"}},
      {"100 x ENOENT", {HITCH_CLOCK_STARTS, "ENOENT", "/bin/date", "+%s"}},
      {"100 x EACCES", {HITCH_CLOCK_STARTS, "EACCES", "/bin/date", "+%s"}},
      {"100 x E2BIG", {HITCH_CLOCK_STARTS, "E2BIG", "/bin/date", "+%s"}},
      {"shell in a shell", {"/bin/sh", "-c", "sh -c 'exec env -i /bin/date +%s'"}},
      {"orphan", {"/bin/sh", "-c", "(sh -c '(date +%s) & wait')"}},
      {"fork without exec",
       {"/usr/bin/python3", "-c",
        "import os,time\nif os.fork(): os.wait()\nelse: print(int(time.time()))"},
       kRight,
       kRight,
       "/usr/bin/python3"},
      {"multiprocessing",
       {"/usr/bin/python3", "-c",
        "import multiprocessing as m,time\nf=lambda:print(int(time.time()),flush=True)\n"
        "p=m.get_context('fork').Process(target=f); p.start(); p.join()"},
       kRight,
       kRight,
       "/usr/bin/python3"},
  };
}

std::vector<Way> states_to_start_in() {
  return {
      {"no environment, no stdin", {HITCH_CLOCK_STARTS, "bare", "/bin/date", "+%s"}},
      {"RLIMIT_NOFILE=3",
       {HITCH_CLOCK_STARTS, "descriptors", HITCH_CLOCK_WITHOUT_LIBC},
       kSlow,
       kSlow},
      {"no random addresses", {"/usr/bin/setarch", "-R", "/bin/date", "+%s"}},
      {"RLIMIT_AS=20 MB", {"/bin/bash", "-c", "ulimit -v 20000; exec date +%s"}},
      {"sandboxed before it reads", {HITCH_CLOCK_STARTS, "sandbox"}},
      {"strace -f",
       {"/usr/bin/strace", "-f", "-o", "/dev/null", "/bin/sh", "-c", "/bin/date +%s; :"},
       kRight,
       kRight,
       "/usr/bin/strace"},
      {"gdb run",
       {"/usr/bin/gdb", "-nx", "-batch", "-q", "-iex", "set debuginfod enabled off", "-ex", "run",
        "--args", HITCH_CLOCK_WITHOUT_LIBC},
       kRight,
       kRight,
       "/usr/bin/gdb"},
      {"valgrind",
       {"/usr/bin/valgrind", "-q", "--tool=none", "/bin/date", "+%s"},
       kRight,
       kRight,
       "/usr/bin/valgrind"},
      {"unshare -U", {"/usr/bin/unshare", "-U", "/bin/date", "+%s"}, kRefused, kRefused},
  };
}

TEST_P(ExecMatrix, EveryStartSeesTheBundlesTimeOrIsToldOf) {
  auto ways = ways_to_start();
  for (auto& way : states_to_start_in()) ways.push_back(std::move(way));
  const Copy set_uid("/bin/date", 04755), unreadable("/bin/date", 0711);
  const Copy script("/dev/null", 0755);
  std::ofstream(script.path()) << "#!/bin/sh\nexec date +%s\n";
  ways.push_back({"#! script", {script.path()}});
  ways.push_back({"set-uid root (no_new_privs)", {set_uid.path(), "+%s"}});
  // Our own file is readable for us.
  const char* const unreadable_cell = ::geteuid() == 0 ? kReal : kRight;
  ways.push_back({"unreadable, mode 0711", {unreadable.path(), "+%s"}, kRight, unreadable_cell});
#ifdef HITCH_CLOCK_TIME32
  ways.push_back({"32 bits", {HITCH_CLOCK_TIME32}, kReal, kReal});
  ways.push_back({"32 bits, then 64",
                  {"/bin/sh", "-c", HITCH_CLOCK_TIME32 " >/dev/null; date +%s"},
                  "right, 32 bits said",
                  "right, 32 bits said"});
#endif
  std::ostringstream table;
  table << "| start | " << (is_root() ? "as root" : "as user") << " |\n|---|---|";
  for (const auto& way : ways) {
    table << "\n| " << way.name << " | ";
    if (!is_installed(way.needs)) {
      table << "not installed |";
      continue;
    }
    ClockedProgram program(way.command, {.run_as = GetParam(), .setting = shifted_by(kShift)});
    auto cell = cell_of(program);
    const bool only_32_bits = program.news().size() == 1 && program.news()[0].err == ENOEXEC;
    if (cell.starts_with("wrong") && only_32_bits) cell = "right, 32 bits said";
    table << cell << " |";
    EXPECT_EQ(cell, is_root() ? way.as_caller : way.as_nobody) << way.name;
  }
  std::cout << table.str() << '\n';
}

/// So many programs as fast as they can be started; none may see another time, and none may be left
/// in the responder's hands.
void storm(RunAs run_as, int count) {
  ClockedProgram program(
      {"/bin/sh", "-c",
       std::string("echo ready; read x; ") + HITCH_CLOCK_STARTS + " storm " +
           std::to_string(count) + ' ' + HITCH_CLOCK_WITHOUT_LIBC + "; echo done; read x"},
      {.run_as = run_as, .setting = shifted_by(kShift)});
  EXPECT_EQ(program.read_line(), "ready");
  const auto before = program.responder_descriptors();
  program.write_input("\n");
  int seen = 0;
  std::optional<std::string> line;
  while ((line = program.read_line()) && *line != "done") {
    ++seen;
    EXPECT_TRUE(is_near(std::atol(line->c_str()), ::time(nullptr) + kShift)) << *line;
  }
  EXPECT_EQ(seen, count / 8 * 8);
  // It may be about to close what it needed for the last one.
  const auto deadline = Deadline::in(kPatience);
  while (program.responder_descriptors() != before && !deadline.passed()) {
  }
  EXPECT_EQ(program.responder_descriptors(), before);
  EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
  program.write_input("\n");
  EXPECT_EQ(program.wait(), 0);
}

TEST_P(ExecMatrix, AThousandAtOnce) {
  storm(GetParam(), 1000);
}

/// Reads what is left of a test's programs up to "done": each has seen the bundle's time.
int count_right_readings(ClockedProgram& program) {
  int seen = 0;
  std::optional<std::string> line;
  while ((line = program.read_line()) && *line != "done") {
    ++seen;
    EXPECT_TRUE(is_near(std::atol(line->c_str()), ::time(nullptr) + kShift)) << *line;
  }
  EXPECT_EQ(line, "done");
  return seen;
}

TEST_P(ExecMatrix, AllStartThatAreHeldAtOnce) {
  ClockedProgram program(
      {"/bin/sh", "-c",
       std::string("all=$(seq 1100); echo ready; read x; for i in $all; do ") +
           HITCH_CLOCK_WITHOUT_LIBC + " & done; echo started; wait; echo done; read x"},
      {.run_as = GetParam(), .setting = shifted_by(kShift)});
  EXPECT_EQ(program.read_line(), "ready");
  program.signal_responder(SIGSTOP);  // so that more are held than it remembers
  program.write_input("\n");
  EXPECT_EQ(program.read_line(), "started");
  program.signal_responder(SIGCONT);
  EXPECT_EQ(count_right_readings(program), 1100);
  EXPECT_TRUE(program.news().empty()) << program.news().front().step.data();
}

TEST_P(ExecMatrix, ProgramsKilledWhileTheyStartAreForgottenAndHarmNobody) {
  ClockedProgram program({"/bin/sh", "-c",
                          std::string("echo ready; read x; ") + HITCH_CLOCK_STARTS +
                              " killed 1500 " + HITCH_CLOCK_WITHOUT_LIBC + "; echo done; read x"},
                         {.run_as = GetParam(), .setting = shifted_by(kShift)});
  EXPECT_EQ(program.read_line(), "ready");
  const auto before = program.responder_descriptors();
  program.write_input("\n");
  EXPECT_EQ(count_right_readings(program), 1500);
  EXPECT_LE(program.responder_descriptors(), before + 64);
}

TEST_P(ExecMatrix, WhoStartsWhileTheResponderIsStoppedWaits) {
  ClockedProgram program({"/bin/sh", "-c", "echo ready; while read x; do (exec date +%s); done"},
                         {.run_as = GetParam(), .setting = shifted_by(kShift)});
  EXPECT_EQ(program.read_line(), "ready");
  for (int i = 0; i < 3; ++i) {
    program.signal_responder(SIGSTOP);
    program.write_input("\n");
    until_a_child_is_held(program.pid());
    program.signal_responder(SIGCONT);
    EXPECT_TRUE(is_near(program.read_number(), ::time(nullptr) + kShift));
  }
  EXPECT_TRUE(program.news().empty());
  EXPECT_EQ(program.wait(), 0);
}

TEST_P(ExecMatrix, NobodyHangsWhenTheResponderIsKilledInTheMiddleOfAStart) {
  ClockedProgram program(
      {"/bin/sh", "-c", "echo ready; while read x; do (exec date +%s); echo ended $?; done"},
      {.run_as = GetParam(), .setting = shifted_by(kShift)});
  EXPECT_EQ(program.read_line(), "ready");
  program.signal_responder(SIGSTOP);
  program.write_input("\n");
  until_a_child_is_held(program.pid());
  program.kill_responder();
  const auto line = program.read_line().value_or("");
  // Its call fails, and what it does then is its own affair; in a bundle, all ends now.
  EXPECT_TRUE(line.starts_with("ended ") || std::atol(line.c_str()) != 0) << line;
  EXPECT_EQ(program.wait(), 0);
}

std::string run_as_name(const ::testing::TestParamInfo<RunAs>& info) {
  return info.param == RunAs::kCaller ? "AsCaller" : "AsNobody";
}
INSTANTIATE_TEST_SUITE_P(Clock, ExecMatrix, ::testing::Values(RunAs::kCaller, RunAs::kNobody),
                         run_as_name);

class SlowExecMatrix : public ExecMatrix {};

TEST_P(SlowExecMatrix, TenThousandAtOnce) {
  storm(GetParam(), 10'000);
}

INSTANTIATE_TEST_SUITE_P(Clock, SlowExecMatrix, ::testing::Values(RunAs::kCaller, RunAs::kNobody),
                         run_as_name);

}  // namespace
}  // namespace hitch::testing
