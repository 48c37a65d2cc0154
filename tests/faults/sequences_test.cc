// Random lives of bundles, each with one to three faults. After each, nothing may be left but what
// the next run collects. HITCH_FAULT_SEED, HITCH_FAULT_SEQUENCES (how many) and HITCH_FAULT_ONLY
// (one of them) choose; scripts/faults.sh runs as many as wanted.
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <thread>

#include "faults/fault_test.h"
#include "faults/sequence.h"

namespace hitch::testing {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

void signal_processes(std::string_view name, int signal) {
  for (const auto& info : living_descendants(::getpid())) {
    if (info.name == name) (void)::kill(info.pid, signal);
  }
}

class Sequences : public FaultTest {
 protected:
  RunOptions options_of(const Sequence& sequence) {
    RunOptions options;
    if (sequence.shell.empty()) return options;
    std::string script;
    for (const auto& line : sequence.shell) script += line + " && ";
    options.prefix = {"/bin/sh", "-c", script + "exec \"$@\"", "sh"};
    if (!sequence.own_mounts) return options;
    std::vector<std::string> unshare{"/usr/bin/unshare", "--mount"};
    if (::geteuid() != 0) unshare.insert(unshare.end(), {"--user", "--map-root-user"});
    options.prefix.insert(options.prefix.begin(), unshare.begin(), unshare.end());
    return options;
  }

  ProcessResult live(const Sequence& sequence) {
    auto options = options_of(sequence);
    for (const auto& word : {(fixture_directory() / "inject").string(), std::string("--report"),
                             (bundle.root() / "report").string()}) {
      options.prefix.push_back(word);
    }
    options.prefix.insert(options.prefix.end(), sequence.rules.begin(), sequence.rules.end());
    options.prefix.emplace_back("--");
    auto hitch = start(command(), options);
    if (sequence.signal != 0) {
      std::this_thread::sleep_for(sequence.delay);  // the fault that is injected, not a wait
      send(sequence);
    }
    return hitch->wait();
  }

  static void send(const Sequence& sequence) {
    using Victim = Sequence::Victim;
    if (sequence.stops_init) signal_processes("hitch-init", SIGSTOP);
    if (sequence.victim != Victim::kInit) signal_processes("hitch", sequence.signal);
    if (sequence.victim != Victim::kHitch) signal_processes("hitch-init", sequence.signal);
    // One that is stopped is still to be asked by a hitch that was only asked to stop.
    if (sequence.stops_init && sequence.signal != SIGKILL) signal_processes("hitch-init", SIGCONT);
  }

  /// How it ended, as the table at the end counts it. hitch never dies of anything else.
  std::string outcome(const Sequence& sequence, const ProcessResult& result) {
    if (result.signal == SIGKILL) return "killed";
    // One that comes before hitch listens for it, or when it no longer does, does what it does.
    if (result.signal != 0 && result.signal == sequence.signal) return "a signal too early or late";
    EXPECT_EQ(result.signal, 0) << result.describe();
    constexpr std::array kCodes{2, 3, 124, 125, 126, 127, 129, 130, 137, 143};
    EXPECT_NE(std::find(kCodes.begin(), kCodes.end(), result.code), kCodes.end())
        << result.describe();
    EXPECT_EQ(result.err.find("expected '"), std::string::npos)
        << "the bundle file is wrong: " << result.describe();
    const bool speaks = std::find(sequence.faults.begin(), sequence.faults.end(), "full stderr") ==
                        sequence.faults.end();
    EXPECT_FALSE(result.code == 125 && speaks && result.last_line().empty()) << result.describe();
    return "exit code " + std::to_string(result.code);
  }

  void try_sequence(std::uint64_t seed, std::uint64_t number) {
    const auto sequence = Sequence::make(seed, number);
    SCOPED_TRACE(sequence.describe());
    bundle.write(sequence.bundle);
    const auto before = LeakSnapshot::take(bundle);
    const auto result = live(sequence);
    ++outcomes_[outcome(sequence, result)];
    for (const auto& fault : sequence.faults) ++faults_[fault];
    expect_alone("the sequence");
    const auto marked = marked_processes(bundle.mark());
    EXPECT_TRUE(marked.empty()) << to_text(marked);
    // Where hitch itself was not killed, it has put away what it had.
    if (result.signal != 0 || sequence.own_mounts) {
      bundle.write("services: {Idle: {command: [sleep, '1000']}}\n");
      expect_collected_by_the_next_run();
    }
    std::string leaks = leaks_between(before, LeakSnapshot::take(bundle));
    for (int tries = 0; !leaks.empty() && tries < 250; ++tries) {  // as TearDown does
      std::this_thread::sleep_for(20ms);
      leaks = leaks_between(before, LeakSnapshot::take(bundle));
    }
    EXPECT_EQ(leaks, "") << result.describe();
  }

  void try_sequences(std::uint64_t count) {
    // Another one each day, so that they are not always the same, and the same all day.
    const auto seed =
        number_from("HITCH_FAULT_SEED", static_cast<std::uint64_t>(std::time(nullptr)) / 86400);
    const auto only = number_from("HITCH_FAULT_ONLY", 0);
    count = number_from("HITCH_FAULT_SEQUENCES", count);
    std::cout << "seed " << seed << ", " << (only != 0 ? 1 : count) << " sequences\n";
    const auto began = std::chrono::steady_clock::now();
    const auto first = only != 0 ? only : 1, last = only != 0 ? only : count;
    std::uint64_t number = first;
    for (; number <= last && !HasFailure(); ++number) try_sequence(seed, number);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << number - first << " sequences in " << took.count() << " s\n";
    for (const auto& [what, times] : faults_) std::cout << "  " << times << " x " << what << '\n';
    std::cout << "ends:\n";
    for (const auto& [what, times] : outcomes_) std::cout << "  " << times << " x " << what << '\n';
  }

 private:
  std::map<std::string, int> faults_, outcomes_;
};

TEST_F(Sequences, LeaveNothing) {
  try_sequences(30);
}

/// Everything fails at once then. Three of sixty runs crashed: a service was stopped just while it
/// gave up waiting for its readiness.
TEST_F(Sequences, LogThatCannotGrowIsAnErrorAndNoCrash) {
  bundle.write(R"(
services:
  A: {shell: "seq 1 20000; echo up; exec sleep 1000", ready: up}
  B: {shell: "seq 1 20000; echo up; exec sleep 1000", ready: up}
  C: {shell: "echo up; exit 4", ready: up}
)");
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", "ulimit -f 6 && exec \"$@\"", "sh"};
  for (int i = 0; i < 60 && !HasFailure(); ++i) {
    EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, options), 125));
  }
}

class SlowSequences : public Sequences {};

TEST_F(SlowSequences, LeaveNothing) {
  try_sequences(1000);
}

}  // namespace
}  // namespace hitch::testing
