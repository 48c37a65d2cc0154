#include "faults/sequence.h"

#include <array>
#include <csignal>
#include <sstream>

namespace hitch::testing {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// From 0 to `below` - 1.
  unsigned roll(unsigned below) {
    return static_cast<unsigned>(engine_() % below);  // not a distribution: those differ by library
  }
  bool once_in(unsigned n) { return roll(n) == 0; }
  template <std::size_t N>
  const char* pick(const std::array<const char*, N>& words) {
    return words[roll(N)];
  }

 private:
  std::mt19937_64 engine_;
};

constexpr std::array kServices{
    R"({shell: "echo up; exec sleep 1000", ready: up})",
    R"({command: ["@ignore_term@"], ready: ignoring, stop_grace_period: 20ms})",
    R"({command: ["@double_fork@"], ready: daemon})",
    R"({command: ["@fork_forever@"], ready: forking, stop_grace_period: 20ms})",
    R"({command: ["@many_processes@", "60"], ready: spawned, stop_grace_period: 20ms})",
    R"({command: ["@stopped_self@"], ready: stopping, stop_grace_period: 20ms})",
    R"({command: ["@hostile_children@"], ready: hostile, stop_grace_period: 20ms})",
    R"({command: ["@listen_on@", "7001"], ready: {listen: 7001}, publish: ["7001"]})",
    R"({shell: "echo up; exec sleep 1000", ready: up, setup: [[sh, -c, "echo one >$HITCH_DATA/one"]], teardown: [["true"]]})",
    R"({shell: "echo up; exec sleep 1000", ready: up, data: {path: db, prepare: [[sh, -c, "echo row >$HITCH_DATA/db/rows"]]}})",
    R"({shell: "echo up; exec sleep 1000", ready: up, tmpfs: ["@dir@/empty"]})",
    R"({shell: "seq 1 20000; echo up; exec sleep 1000", ready: up})",
    R"({kind: task, command: ["true"]})",
    R"({shell: "echo up; exit 4", ready: up})",
};
constexpr std::array kModes{"",
                            "",
                            "",
                            "filesystem: overlay\n",
                            "filesystem: host\n",
                            "network: host\n",
                            "clock: {start: '2015-07-11T10:36:58Z'}\n",
                            "seccomp: {deny: [getcwd]}\n"};
constexpr std::array kErrors{"ENOSYS", "EPERM", "ENOSPC", "EMFILE", "ENOMEM"};
constexpr std::array kSetupCalls{
    "clone|clone3", "unshare",       "openat",    "mkdir",         "socketpair",    "pipe2",
    "dup2",         "epoll_create1", "eventfd2",  "signalfd4",     "memfd_create",  "sendmsg",
    "flock",        "rename",        "open_tree", "move_mount",    "mount_setattr", "fsopen",
    "fsconfig",     "fsmount",       "capset",    "seccomp",       "prctl",         "sethostname",
    "symlink",      "setsid",        "prlimit64", "pwritev",       "close_range",   "socket",
    "bind",         "listen",        "chdir",     "timerfd_create"};
constexpr std::array kRoles{"hitch", "hitch", "init", "init", "early", "child"};

void write_bundle(Dice& dice, Sequence& out) {
  out.bundle = dice.pick(kModes);
  out.bundle += "services:\n";
  const unsigned count = 1 + dice.roll(3);
  for (unsigned i = 0; i < count; ++i) {
    out.bundle += "  S" + std::to_string(i) + ": " + dice.pick(kServices) + '\n';
  }
}

void fail_a_call(Dice& dice, Sequence& out) {
  const std::string call = dice.pick(kSetupCalls);
  out.rules.push_back("role=any call=" + call + " nth=" + std::to_string(1 + dice.roll(12)) +
                      " fail=" + dice.pick(kErrors));
  out.faults.emplace_back("a call fails");
}

void kill_at_a_call(Dice& dice, Sequence& out) {
  constexpr std::array kVictims{"kill", "kill", "kill=hitch", "kill=init", "kill=both"};
  const std::string victims = dice.pick(kVictims);
  out.rules.push_back(std::string("role=") + dice.pick(kRoles) +
                      " nth=" + std::to_string(1 + dice.roll(420)) + ' ' + victims);
  out.faults.push_back(victims + " at a call");
}

void make_scarce(Dice& dice, Sequence& out) {
  switch (dice.roll(4)) {
    case 0:
      out.shell.push_back("ulimit -n " + std::to_string(6 + dice.roll(60)));
      out.faults.emplace_back("few descriptors");
      return;
    case 1:
      out.shell.push_back("ulimit -f " + std::to_string(dice.roll(64)));
      out.faults.emplace_back("short files");
      return;
    case 2: {
      const char* const place = dice.once_in(2) ? "$XDG_STATE_HOME" : "$XDG_RUNTIME_DIR";
      out.own_mounts = true;
      out.shell.push_back("mount -t tmpfs -o mode=700,size=" + std::to_string(4 + dice.roll(60)) +
                          "k,nr_inodes=" + std::to_string(2 + dice.roll(30)) + " tmpfs \"" + place +
                          '"');
      out.faults.emplace_back("full disk");
      return;
    }
    default:
      out.shell.emplace_back("exec 2>/dev/full");
      out.faults.emplace_back("full stderr");
  }
}

void send_a_signal(Dice& dice, Sequence& out) {
  constexpr std::array kSignals{SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP};
  constexpr std::array kVictims{Sequence::Victim::kHitch, Sequence::Victim::kInit,
                                Sequence::Victim::kBoth};
  out.victim = kVictims[dice.roll(3)];
  out.signal = out.victim == Sequence::Victim::kHitch ? kSignals[dice.roll(5)] : SIGKILL;
  out.stops_init = out.victim == Sequence::Victim::kHitch && dice.once_in(3);
  out.delay = std::chrono::microseconds(dice.roll(120'000));
  const char* const whom = out.victim == Sequence::Victim::kHitch  ? "to hitch"
                           : out.victim == Sequence::Victim::kInit ? "to init"
                                                                   : "to both";
  out.faults.push_back(std::string(out.signal == SIGKILL ? "SIGKILL " : "a stop signal ") + whom +
                       (out.stops_init ? ", init stopped" : ""));
}

}  // namespace

Sequence Sequence::make(std::uint64_t seed, std::uint64_t number) {
  Dice dice(seed * 1'000'003 + number);
  Sequence out;
  out.seed = seed;
  out.number = number;
  write_bundle(dice, out);
  const unsigned faults = 1 + dice.roll(3);
  for (unsigned i = 0; i < faults; ++i) {
    switch (dice.roll(4)) {
      case 0:
        fail_a_call(dice, out);
        break;
      case 1:
        kill_at_a_call(dice, out);
        break;
      case 2:
        if (out.shell.empty()) make_scarce(dice, out);
        break;
      default:
        if (out.signal == 0) send_a_signal(dice, out);
    }
  }
  return out;
}

std::string Sequence::describe() const {
  std::ostringstream text;
  text << "sequence " << number << " of seed " << seed << " (HITCH_FAULT_SEED=" << seed
       << " HITCH_FAULT_ONLY=" << number << ")\n"
       << bundle;
  for (const auto& rule : rules) text << "inject '" << rule << "'\n";
  for (const auto& line : shell) text << "shell: " << line << '\n';
  if (signal != 0) {
    text << (stops_init ? "SIGSTOP to init, then " : "") << "signal " << signal << " to "
         << (victim == Victim::kHitch  ? "hitch"
             : victim == Victim::kInit ? "init"
                                       : "both")
         << " after " << delay.count() << " us\n";
  }
  return text.str();
}

}  // namespace hitch::testing
