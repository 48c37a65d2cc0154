// Gates: where a service waits for a client; and owners: clients with whom the bundle ends.
#include <chrono>
#include <filesystem>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Starts a bundle as its owner, and does what `act` says with each gate.
constexpr const char* kOwner = R"(
import json, os, signal, socket, subprocess, sys, time

ours, theirs = socket.socketpair()
hitch = subprocess.Popen([sys.argv[1], "up", "-q", "--owner-fd", str(theirs.fileno())],
                         pass_fds=[theirs.fileno()], start_new_session=True)
theirs.close()
ours.settimeout(60)
stream = ours.makefile("rwb")
answers = {}

def send(number, method, **params):
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    stream.write(json.dumps(call).encode() + b"\n")
    stream.flush()

def next_message():
    line = stream.readline()
    message = json.loads(line) if line else {"id": None}
    answers[message.get("id")] = message
    return message

def ask(number, method, **params):
    send(number, method, **params)
    while number not in answers:
        next_message()
    return answers[number].get("result", answers[number].get("error"))

def gates():
    """Each gate at which a service waits, until the bundle is ready or has failed."""
    send(1, "events.subscribe")
    send(2, "bundle.info")
    send(3, "bundle.wait_ready")
    known = set()
    while 3 not in answers:
        message = next_message()
        if message.get("id") == 2:
            found = [s for s in message["result"]["services"] if "gate" in s]
            held = [{"service": s["name"], "gate": s["gate"]} for s in found]
        else:
            event = message.get("params", {})
            held = [event] if event.get("type") == "gate" else []
        for one in held:
            if one["gate"]["number"] not in known:
                known.add(one["gate"]["number"])
                yield one["service"], one["gate"]

def outcome():
    return answers[3].get("error", {}).get("message", "ready")

def open_all():
    for service, gate in gates():
        ask(100 + gate["number"], "gate.open", gate=gate["number"])
    return outcome()

def stop():
    ask(4, "bundle.stop")
    return hitch.wait(60)
)";

class Gates : public HitchTest {
 protected:
  /// Runs a client in Python, which begins with kOwner.
  ProcessResult run_owner(const std::string& script) {
    bundle.write_file("owner.py", std::string(kOwner) + script);
    RunOptions options;
    options.prefix = {"/bin/sh", "-c", "exec /usr/bin/python3 -u owner.py \"$0\""};
    return run({}, options);
  }
  /// The last line of its log comes a little before the end of its supervisor.
  void expect_gone() {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    auto left = run({"ls"});
    while (left.out.find("gated") != std::string::npos &&
           std::chrono::steady_clock::now() < deadline) {
      left = run({"ls"});
    }
    EXPECT_TRUE(exited(left, 0));
    EXPECT_THAT(left.out, Not(HasSubstr("gated")));
  }
};

constexpr const char* kGated = R"(
name: gated
services:
  App:
    shell: "echo program >>order; echo one; echo two; exec sleep 1000"
    ready: two
    setup: ['sh -c "echo setup command >>order"']
    poststart: ['sh -c "echo poststart command >>order"']
    gates: [setup, ready, poststart]
  After: {shell: 'echo after >>order; echo after; exec sleep 1000', depends_on: [App], ready: after}
)";

TEST_F(Gates, HoldAServiceUntilAClientOpensThem) {
  bundle.write(kGated);
  const auto result = run_owner(R"(
for service, gate in gates():
    activity = ask(200 + gate["number"], "bundle.info")["services"][0]["activity"]
    assert activity == "waited for a client to open its gate '%s'" % gate["at"], activity
    with open("order", "a") as order:
        order.write("gate " + gate["at"] + "\n")
    ask(100 + gate["number"], "gate.open", gate=gate["number"])
print(outcome())
print(ask(5, "gate.open", gate=1)["message"])
print("ended with", stop())
)");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "ready\nno service waits at the gate 1\nended with 0\n");
  EXPECT_EQ(bundle.read_file("order"),
            "gate setup\nsetup command\nprogram\ngate ready\npoststart command\ngate poststart\n"
            "after\n");
}

TEST_F(Gates, ObjectionFailsTheBundleWithItsWords) {
  bundle.write(kGated);
  const auto result = run_owner(R"(
for service, gate in gates():
    ask(100, "gate.open", gate=gate["number"], error="RuntimeError: no such table")
print(outcome())
print("ended with", hitch.wait(60))
)");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "service 'App': RuntimeError: no such table\nended with 125\n");
  EXPECT_FALSE(std::filesystem::exists(bundle.directory() / "order"));
}

TEST_F(Gates, NobodyOpensIsATimeoutThatNamesTheGate) {
  bundle.write(
      "startup_timeout: 300ms\nservices: {App: {command: [sleep, '1000'], gates: [ready]}}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "true"}), 124,
                            "service 'App' .*waited for a client to open its gate 'ready'"));
}

TEST_F(Gates, ProgramThatDiesAtItsGateIsNamed) {
  bundle.write("name: gated\nservices: {App: {shell: 'exit 3', gates: [ready]}}\n");
  const auto result = run_owner("for _ in gates(): pass\nprint(outcome())\n");
  EXPECT_EQ(result.out,
            "service 'App' died: it exited with code 3 while it waited for a client to open its "
            "gate 'ready'\n");
}

TEST_F(Gates, WhatClientsDoThereIsInTheLog) {
  bundle.write(kGated);
  const auto result = run_owner(R"(
for service, gate in gates():
    if gate["at"] == "setup":
        ask(5, "service.exec", service=service, argv=["sh", "-c", "echo made; echo bad >&2"],
            log="setup")
        ask(6, "logs.append", service=service, phase="setup", text="said")
    ask(100 + gate["number"], "gate.open", gate=gate["number"])
ask(7, "logs.append", service="Test", stream="err", text="first\nsecond")
print(ask(8, "logs.append", service="Apq", text="x")["message"])
print(ask(9, "logs.append", service="App", phase="rum", text="x")["message"])
print(ask(10, "logs.append", service="App", stream="on", text="x")["message"])
stop()
)");
  EXPECT_EQ(result.out,
            "there is no service 'Apq' in a log\nthere is no phase 'rum' in a log\n"
            "there is no stream 'on' in a log\n");
  const auto log = run({"logs"}).out;
  EXPECT_TRUE(has_line(log, "^\\[ +Setup App\\] made$"));
  EXPECT_TRUE(has_line(log, "^\\[ +Setup App\\] said$"));
  EXPECT_TRUE(has_line(log, "^\\[ *Setup! App\\] bad$"));
  EXPECT_TRUE(has_line(log, "^\\[ +Err Test\\] first$"));
  EXPECT_TRUE(has_line(log, "^\\[ +Err Test\\] second$"));
}

TEST_F(Gates, OwnerThatIsKilledTakesItsBundleAlong) {
  bundle.write(kGated);
  (void)run_owner("open_all()\nos.kill(os.getpid(), signal.SIGKILL)\n");
  EXPECT_THAT(run({"logs", "Hitch", "--until", "belongs to has gone", "--timeout", "60s"}).out,
              HasSubstr("the process that the bundle belongs to has gone"));
  expect_gone();
}

TEST_F(Gates, OwnerThatDiesWhileItHoldsAServiceTakesItsBundleAlong) {
  bundle.write(kGated);
  (void)run_owner("for _ in gates(): os.kill(os.getpid(), signal.SIGSEGV)\n");
  EXPECT_THAT(run({"logs", "Hitch", "--until", "belongs to has gone", "--timeout", "60s"}).out,
              HasSubstr("the process that the bundle belongs to has gone"));
  expect_gone();
}

TEST_F(Gates, ForkedChildOfTheOwnerNeitherEndsTheBundleNorKeepsIt) {
  bundle.write(kGated);
  // The child outlives its parent, with a copy of the socket, until the bundle has gone.
  (void)run_owner(R"(
open_all()
if os.fork() == 0:
    os._exit(0)
os.wait()
assert ask(5, "bundle.info")["state"] == "ready"
if os.fork() == 0:
    os.setsid()
    ours.settimeout(60)
    while stream.readline():
        pass
    with open("seen", "w") as seen:
        seen.write("end of the bundle")
    os._exit(0)
os._exit(0)
)");
  EXPECT_THAT(run({"logs", "Hitch", "--until", "belongs to has gone", "--timeout", "60s"}).out,
              HasSubstr("the process that the bundle belongs to has gone"));
  expect_gone();
}

TEST_F(Gates, ClosedSocketEndsTheBundle) {
  bundle.write(kGated);
  const auto result = run_owner(R"(
open_all()
stream.close()
ours.close()
print("ended with", hitch.wait(60))
)");
  EXPECT_EQ(result.out, "ended with 129\n");
  EXPECT_THAT(result.err, HasSubstr("the process that the bundle belongs to has gone"));
}

TEST_F(Gates, WhatIsNoSocketCannotBeAnOwner) {
  bundle.write(kGated);
  EXPECT_TRUE(failed_saying(run({"up", "--owner-fd", "77"}), 2, "descriptor 77 is no Unix socket"));
  EXPECT_TRUE(failed_saying(run({"up", "-d", "--owner-fd", "77"}), 2, "exclude each other"));
}

}  // namespace
}  // namespace hitch::testing
