// Rows 15 to 20 of the checklist: the control socket, what is printed, the environment, directories
// for temporary files, signals, limits.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "hardening/hardening_test.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using namespace defence;
using ::testing::HasSubstr;
using ::testing::Not;

class Surroundings : public HardeningTest {};

constexpr const char* kClient = R"(
import glob, socket
path = glob.glob('RUNTIME/hitch/*/control.sock')[0]
client = socket.socket(socket.AF_UNIX)
client.connect(path)
client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"bundle.info"}\n')
print('answer:', 'result' if b'result' in client.recv(65536) else 'none')
)";

TEST_F(Surroundings, Row15ControlSocketRefusesServices) {
  std::string client = kClient;
  client.replace(client.find("RUNTIME"), 7, bundle.runtime().string());
  const auto outside = bundle.write_file("outside.py", client);
  bundle.write_file("inside.py", client.replace(client.find(bundle.runtime().string()),
                                                bundle.runtime().string().size(), "/mnt"));
  bundle.write(
      "services: {Bad: {shell: 'python3 inside.py 2>&1; echo tried; exec sleep 1000', "
      "ready: tried, volumes: ['" +
      bundle.runtime().string() + ":/mnt']}}\n");
  auto hitch = start({"run"});
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->err();
  EXPECT_THAT(hitch->out(), Not(HasSubstr("answer: result")));
  EXPECT_THAT(hitch->out() + hitch->err(), HasSubstr("was refused"));
  HitchProcess trusted({.arguments = {"/usr/bin/python3", outside},
                        .environment = bundle.environment(),
                        .directory = bundle.directory()});
  EXPECT_THAT(trusted.wait().out, HasSubstr("answer: result"));
  hitch->send_signal(SIGTERM);
  (void)hitch->wait();
}

/// In a pipe, whose reader decides what to do with them, everything arrives.
TEST_F(Surroundings, Row16SequencesForTheTerminalDoNotGetThere) {
  bundle.write("services: {Bad: {kind: task, command: ['@binary_output@']}}\n");
  for (const char* sequence : {"\x1b]0;", "\x1b[2J", "\x07", "\xc2\x9b"}) {
    RunOptions terminal{.stdio = Stdio::kTerminal};
    terminal.environment["TERM"] = "xterm";
    EXPECT_THAT(run({"run"}, terminal).out, Not(HasSubstr(sequence)));
    EXPECT_THAT(run({"run"}).out, HasSubstr(sequence)) << "the probe does not print it";
  }
}

TEST_F(Surroundings, Row17SecretsOfTheCallerAreInNoEnvironment) {
  const std::string probe =
      "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a canary; echo done";
  RunOptions options;
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CI_JOB_TOKEN"}) {
    options.environment[name] = "canary";
  }
  EXPECT_EQ(attack(probe, {}, options), "done\n");
  bundle.write(
      "services: {Bad: {kind: task, command: [sh, attack.sh], pass_environment: "
      "[GITHUB_TOKEN]}}\n");
  EXPECT_THAT(run({"run"}, options).out, HasSubstr("GITHUB_TOKEN=canary"));
}

/// Another user knows the name of our directory, and is there first.
TEST_F(Surroundings, Row18DirectoryOfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root alone, who can be two users";
  bundle.write("services: {A: {command: [sleep, '1000']}}\n");
  // hitch may be below /tmp itself.
  const std::string prefix = hitch_binary().parent_path().parent_path().string();
  const auto with = [&](const std::string& preparation) {
    RunOptions options;
    options.without = {"XDG_RUNTIME_DIR"};
    options.prefix = {
        "/usr/bin/unshare",
        "--mount",
        "/bin/sh",
        "-c",
        "mount --bind " + bundle.root().string() + " /mnt && mkdir /mnt/t /mnt/p && " +
            "mount --bind " + prefix +
            " /mnt/p && chmod 1777 /mnt/t && mount --bind /mnt/t /tmp && cd /mnt/bundle && " +
            preparation + " && shift && exec /mnt/p/bin/hitch \"$@\"",
        "sh"};
    options.directory = "/";
    auto result = run({"run", "-f", "/mnt/bundle/hitch.yaml", "--", "/bin/true"}, options);
    fs::remove_all(bundle.root() / "t");
    fs::remove(bundle.root() / "p");
    return result;
  };
  EXPECT_TRUE(exited(with("true"), 0));
  EXPECT_TRUE(failed_saying(with("mkdir -m 700 /tmp/hitch-0 && chown 1:1 /tmp/hitch-0"), 125,
                            "not a private directory of this user"));
  EXPECT_TRUE(failed_saying(with("mkdir -m 777 /tmp/hitch-0 && chmod 777 /tmp/hitch-0"), 125,
                            "not a private directory of this user"));
  EXPECT_TRUE(failed_saying(with("mkdir -m 700 /tmp/own && ln -s own /tmp/hitch-0"), 125,
                            "not a private directory of this user"));
}

TEST_F(Surroundings, Row19SignalToTheOwnGroupStaysThere) {
  const auto victim_lives = [&](const std::vector<Defence>& off) {
    bundle.write(R"(
services:
  Victim: {shell: "trap 'echo hit' TERM; echo up; while :; do sleep 0.02; done", ready: up}
  Bad: {kind: task, shell: "trap '' TERM; kill -TERM 0; sleep 0.3", success_exit_codes: [0, 143], depends_on: [Victim]}
)");
    const auto result = run({"run", "--", "/bin/true"}, {.prefix = without(off)});
    const auto at = result.err.find("READY");
    return result.err.substr(0, at).find("hit\n") == std::string::npos;
  };
  EXPECT_TRUE(victim_lives({}));
  EXPECT_FALSE(victim_lives({kOwnSession}));
}

TEST_F(Surroundings, Row19NothingOutsideCanBeSignalled) {
  // PID 1 and whoever sent the signal are left out of it. kill(2)
  bundle.write(
      "services: {Bad: {kind: task, shell: \"trap '' TERM; kill -TERM -1; kill -9 1; echo "
      "alive\"}}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("alive"));
}

TEST_F(Surroundings, Row20NoCoreFiles) {
  const std::string probe = "ulimit -c";
  RunOptions options;
  options.prefix = {"/bin/sh", "-c", "ulimit -S -c $(ulimit -H -c); exec \"$@\"", "sh"};
  EXPECT_EQ(attack(probe, {}, options), "0\n");
  EXPECT_THAT(attack(probe, {kNoCores}, options), Not(HasSubstr("0\n")));
}

}  // namespace
}  // namespace hitch::testing
