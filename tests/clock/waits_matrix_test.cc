// The matrix of waits: every kind of wait until a time on the wall clock, through everything that
// can happen to a clock, against the same program on a machine without hitch. Prints its table.

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <future>
#include <iostream>
#include <sstream>

#include "clock/clocked_program.h"
#include "clock/sleeping_task.h"

namespace hitch::testing {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::array kKinds{"sleep",  "timerfd", "cond",   "sem",     "mutex",
                            "rwlock", "cpp",     "timer",  "receive", "send",
                            "waitv",  "futex",   "futex2", "pi",      "tai"};

/// What a program says of its wait.
struct Outcome {
  std::string events;     ///< "handled, EINTR"
  std::int64_t ms = -1;   ///< how long it took
  std::int64_t late = 0;  ///< ns after its deadline, by its clock
};

/// @param lines  behind "waiting"
Outcome outcome_of(const std::string& lines) {
  Outcome outcome;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string event;
    words >> event >> outcome.ms >> outcome.late;
    outcome.events += (outcome.events.empty() ? "" : ", ") + event;
  }
  return outcome;
}

/// One wait that goes on, under hitch.
class Waiter {
 public:
  Waiter(const char* kind, std::int64_t ms, RunAs run_as, const ClockSetting& setting,
         const char* handler = nullptr)
      : program_(arguments(kind, ms, handler), {.run_as = run_as, .setting = setting}) {
    EXPECT_EQ(program_.read_line(), "waiting");
  }

  void until_it_sleeps() const { testing::until_it_sleeps(program_.pid()); }
  void set(const ClockSetting& setting) { program_.set(setting); }
  /// Signals it once it waits, and waits for what its handler says.
  void interrupt() {
    until_it_sleeps();
    ASSERT_EQ(::kill(program_.pid(), SIGUSR2), 0);
    EXPECT_EQ(program_.read_line(), "handled");
  }
  bool ends_by_itself() {
    // Asleep again, or with its last line on the way: which of the two it has to be.
    return testing::ends_or_sleeps(program_.pid());
  }
  Outcome end() {
    auto outcome = outcome_of(program_.read_rest());
    EXPECT_TRUE(program_.news().empty()) << program_.news().front().step.data();
    EXPECT_EQ(program_.wait(), 0);
    return outcome;
  }

 private:
  static std::vector<std::string> arguments(const char* kind, std::int64_t ms,
                                            const char* handler) {
    std::vector<std::string> words{HITCH_CLOCK_WAITS, kind, std::to_string(ms)};
    if (handler != nullptr) words.emplace_back(handler);
    return words;
  }
  ClockedProgram program_;
};

using Waiters = std::vector<std::unique_ptr<Waiter>>;
using Cells = std::vector<std::string>;  ///< one for each kind

class WaitsMatrix : public ::testing::TestWithParam<RunAs> {
 protected:
  void SetUp() override {
    if (GetParam() == RunAs::kNobody && ::geteuid() != 0) GTEST_SKIP() << "is nobody already";
  }

  static Waiters begin(std::int64_t ms, const ClockSetting& setting,
                       const char* handler = nullptr) {
    Waiters waiters;
    for (const char* kind : kKinds) {
      waiters.push_back(std::make_unique<Waiter>(kind, ms, GetParam(), setting, handler));
    }
    for (const auto& waiter : waiters) waiter->until_it_sleeps();
    return waiters;
  }
  /// Ends all of them: none may be early by its own clock, and none take as long as `limit_ms`.
  static Cells end(Waiters& waiters, std::int64_t limit_ms) {
    Cells cells;
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      const auto outcome = waiters[i]->end();
      EXPECT_GE(outcome.late, 0) << kKinds[i] << " was early";
      EXPECT_LT(outcome.ms, limit_ms) << kKinds[i];
      cells.push_back(outcome.events);
    }
    return cells;
  }
  static Cells shifted(std::int64_t seconds) {
    // Short enough to wait for, and yet they have to be seen asleep: whoever is not, has ended.
    Waiters waiters;
    for (const char* kind : kKinds) {
      const auto setting = seconds == 0 ? ClockSetting() : shifted_by(seconds);
      waiters.push_back(std::make_unique<Waiter>(kind, 300, GetParam(), setting));
    }
    return end(waiters, kHour * 1000);
  }
  static Cells past_the_deadline() {
    auto waiters = begin(kHour * 1000, {});
    for (const auto& waiter : waiters) waiter->set(shifted_by(2 * kHour));
    return end(waiters, kHour * 1000);
  }
  static Cells towards_the_deadline() {
    auto waiters = begin(kHour * 1000, shifted_by(-kDay));
    for (const auto& waiter : waiters) waiter->set(shifted_by(-kDay + kHour / 2));
    for (const auto& waiter : waiters) waiter->until_it_sleeps();
    auto nearly = shifted_by(-kDay + kHour - 2);
    for (const auto& waiter : waiters) waiter->set(nearly);
    return end(waiters, kHour * 1000);
  }
  static Cells frozen_and_released() {
    auto waiters = begin(200, frozen_at(1'500'000'000));
    for (const auto& waiter : waiters) waiter->set(frozen_at(1'400'000'000));
    for (const auto& waiter : waiters) waiter->until_it_sleeps();
    auto going_on = shifted_by(0);
    going_on.shift = difference({1'500'000'000, 0}, real_now());
    for (const auto& waiter : waiters) waiter->set(going_on);
    return end(waiters, kHour * 1000);
  }
  static Cells at_rate_10() {
    // Two seconds on the machine's clock.
    Waiters waiters;
    for (const char* kind : kKinds) {
      waiters.push_back(std::make_unique<Waiter>(kind, 20'000, GetParam(), running_at(10)));
    }
    return end(waiters, 20'000);
  }
  /// A handler runs while they wait. Whoever goes on waiting is ended by a travel.
  static Cells interrupted(const ClockSetting& setting, const char* handler) {
    auto waiters = begin(kHour * 1000, setting, handler);
    Cells cells;
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      waiters[i]->interrupt();
      if (!waiters[i]->ends_by_itself()) waiters[i]->set(shifted_by(2 * kDay));
      cells.push_back("handled, " + waiters[i]->end().events);
    }
    return cells;
  }
};

/// The same program without hitch, with a deadline that comes.
std::string on_the_machine(const char* kind, const char* handler, int limit_ms) {
  auto output = Pipe::create();
  const std::string ms = std::to_string(limit_ms);
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::dup2(output->write_end.get(), STDOUT_FILENO);
    ::execl(HITCH_CLOCK_WAITS, HITCH_CLOCK_WAITS, kind, ms.c_str(), handler, nullptr);
    ::_exit(127);
  }
  output->write_end.reset();
  std::string lines;
  bool told = handler == nullptr;
  std::array<char, 256> piece{};
  for (ssize_t n = 0; (n = ::read(output->read_end.get(), piece.data(), piece.size())) > 0;) {
    lines.append(piece.data(), static_cast<std::size_t>(n));
    if (!std::exchange(told, true)) {
      until_it_sleeps(child);
      (void)::kill(child, SIGUSR2);
    }
  }
  (void)::waitpid(child, nullptr, 0);
  constexpr std::string_view kFirst = "waiting\n";
  return lines.starts_with(kFirst) ? outcome_of(lines.substr(kFirst.size())).events : lines;
}

/// With a handler: until its signal has come before the deadline, on a busy machine too.
std::string on_the_machine(const char* kind, const char* handler) {
  if (handler == nullptr) return on_the_machine(kind, nullptr, 100);
  std::string events;
  for (int ms = 1000; ms < 100'000 && !events.starts_with("handled"); ms *= 3) {
    events = on_the_machine(kind, handler, ms);
  }
  return events;
}

Cells on_the_machine_all(const char* handler = nullptr) {
  std::vector<std::future<std::string>> runs;
  for (const char* kind : kKinds) {
    runs.push_back(
        std::async(std::launch::async, [kind, handler] { return on_the_machine(kind, handler); }));
  }
  Cells cells;
  for (auto& run : runs) cells.push_back(run.get());
  return cells;
}

TEST_P(WaitsMatrix, EveryWaitEndsAsOnAMachine) {
  struct Column {
    std::string name;
    Cells cells;
    const Cells& expected;
  };
  const Cells plain = on_the_machine_all(), handled = on_the_machine_all("handle"),
              restarted = on_the_machine_all("restart");
  const std::vector<Column> columns{
      {"unshifted", shifted(0), plain},
      {"+1 day", shifted(kDay), plain},
      {"-1 day", shifted(-kDay), plain},
      {"past the deadline", past_the_deadline(), plain},
      {"towards it", towards_the_deadline(), plain},
      {"frozen, released", frozen_and_released(), plain},
      {"rate 10", at_rate_10(), plain},
      {"signal, unshifted", interrupted({}, "handle"), handled},
      {"signal", interrupted(shifted_by(kDay), "handle"), handled},
      {"signal, frozen", interrupted(frozen_at(1'000'000'000), "handle"), handled},
      {"SA_RESTART, unshifted", interrupted({}, "restart"), restarted},
      {"SA_RESTART", interrupted(shifted_by(kDay), "restart"), restarted},
  };
  std::ostringstream table;
  table << "| wait | machine |";
  for (const auto& column : columns) table << ' ' << column.name << " |";
  table << "\n|---|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) table << "---|";
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    table << "\n| " << kKinds[i] << " | " << plain[i] << " |";
    for (const auto& column : columns) {
      const bool same = column.cells[i] == column.expected[i];
      table << ' ' << column.cells[i] << (same ? "" : " NOT " + column.expected[i]) << " |";
      EXPECT_EQ(column.cells[i], column.expected[i]) << kKinds[i] << ", " << column.name;
    }
  }
  std::cout << table.str() << '\n';
}

std::string run_as_name(const ::testing::TestParamInfo<RunAs>& info) {
  return info.param == RunAs::kCaller ? "AsCaller" : "AsNobody";
}
INSTANTIATE_TEST_SUITE_P(Clock, WaitsMatrix, ::testing::Values(RunAs::kCaller, RunAs::kNobody),
                         run_as_name);

}  // namespace
}  // namespace hitch::testing
