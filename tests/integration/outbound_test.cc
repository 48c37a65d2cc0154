// The way out of a bundle. hitch runs in a network that the test has made: nothing leaves it.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The network that hitch runs in: one address on an interface with a default route, and one that
/// is somewhere else, as the bundle sees it. Addresses of RFC 5737.
constexpr const char* kNetwork = R"(
set -e
ip link set lo up
ip link add out0 type veth peer name out1
ip address add 198.51.100.2/24 dev out0
ip address add 203.0.113.9/32 dev lo
ip link set out0 up
ip link set out1 up
ip route add default via 198.51.100.1
)";

/// Starts a server of the outer network; it ends with hitch. Returns once it listens.
std::string server(const std::string& command) {
  return "mkfifo \"$PIPE\"; setpriv --pdeathsig KILL " + command +
         " >\"$PIPE\" 2>/dev/null & read _ <\"$PIPE\"; rm \"$PIPE\"\n";
}

/// Answers each question for an IPv4 address with 192.0.2.77.
constexpr const char* kNameServer = R"(
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("up", flush=True)
while True:
    q, who = s.recvfrom(512)
    end = q.index(b"\0", 12) + 5
    is_a = q[end - 4:end - 2] == b"\0\1"
    head = q[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 0, 2, 77]) if is_a else b""
    s.sendto(head + q[12:end] + answer, who)
)";

std::vector<ProcessInfo> pastas() {
  auto found = living_descendants(::getpid());
  std::erase_if(found, [](const ProcessInfo& info) {
    return !info.name.starts_with("pasta") && !info.name.starts_with("passt");
  });
  return found;
}

class Outbound : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    bundle.write("network: outbound\nservices:\n  Idle: {command: [sleep, '1000']}\n");
  }
  /// Not for lack of namespaces, which HitchTest looks at: why pasta cannot be run here.
  static std::optional<std::string> why_no_pasta() {
    if (::access("/usr/bin/pasta", X_OK) != 0) return "passt is not installed";
    const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (tun < 0) return "/dev/net/tun cannot be opened";
    ::close(tun);
    return {};
  }
  /// hitch starts in a network of its own, after `script`. As itself: what is started is hitch.
  RunOptions in_own_network(const std::string& script = "", bool connected = true) const {
    const auto pipe = (bundle.root() / "server-is-up").string();
    const auto prepare = "PIPE=" + pipe + '\n' + (connected ? kNetwork : "") + script;
    RunOptions options;
    options.prefix = {"/usr/bin/unshare", "--net", "--mount"};
    if (::geteuid() != 0) {
      options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
    }
    options.prefix.insert(options.prefix.end(), {"/bin/sh", "-c", prepare + "\nexec \"$@\"", "sh"});
    // A user has no power there either.
    if (::geteuid() != 0) {
      options.prefix.insert(options.prefix.end(),
                            {"/usr/bin/unshare", "--user", "--map-user=1000", "--map-group=1000"});
    }
    return options;
  }
  /// It removes the directory of a run that was killed.
  void clean_up_with_the_next_command() {
    bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
    EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  }
  /// A program called pasta that comes before the real one in PATH.
  RunOptions with_pasta(const std::string& script) {
    const auto program = bundle.write_file("bin/pasta", "#!/bin/sh\n" + script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    RunOptions options;
    options.environment["PATH"] = program.parent_path().string() + ":/usr/bin:/bin";
    return options;
  }
};

#define SKIP_WITHOUT_PASTA() \
  if (const auto why = why_no_pasta()) GTEST_SKIP() << *why

TEST_F(Outbound, ServiceReachesAServerOutsideAtOnce) {
  SKIP_WITHOUT_PASTA();
  bundle.write(R"(
network: outbound
services:
  Client: {shell: "@try_connect@ 203.0.113.9 8001; sleep 1000", ready: "connected: from outside"}
)");
  const auto outside = server("@listen_on@ 8001 --bind 203.0.113.9 --say 'from outside'");
  const auto result =
      run({"run", "--", "@try_connect@", "203.0.113.9", "8001"}, in_own_network(outside));
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: from outside\n");
}

TEST_F(Outbound, LoopbackWorksAsInAPrivateNetwork) {
  SKIP_WITHOUT_PASTA();
  bundle.write(R"(
network: outbound
services:
  Web.App: {command: ["@listen_on@", "80", --say, from the bundle], ready: {listen: 80}}
)");
  const auto outside = server("@listen_on@ 80 --say 'from outside'");
  const auto result = run({"run", "--", "@try_connect@", "Web.App", "80"}, in_own_network(outside));
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: from the bundle\n");
}

/// pasta would look for new listeners once a second: the attempts below take longer.
TEST_F(Outbound, HostsLoopbackIsOutOfReachAndNothingComesIn) {
  SKIP_WITHOUT_PASTA();
  bundle.write_file("attempts.py", R"(
import socket
for host, port in ("198.51.100.1", 8002), ("198.51.100.2", 8002), ("127.0.0.1", 8002):
    try:
        connection = socket.create_connection((host, port), 1.5)
        print(host, "connected:", connection.recv(100), flush=True)
    except OSError as error:
        print(host, "failed:", error, flush=True)
)");
  bundle.write(R"(
network: outbound
services:
  Server:
    shell: "exec python3 -c 'import socket; s = socket.create_server((\"0.0.0.0\", 8003)); s.accept()'"
    ready: {listen: 8003}
  Attempts:
    shell: "python3 attempts.py; echo tried; sleep 1000"
    ready: tried
    depends_on: [Server]
)");
  const auto hitch = start({"run"}, in_own_network(server("@listen_on@ 8002 --say 'the host'")));
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out() << hitch->err();
  const auto outside = read_whole_file("/proc/" + std::to_string(hitch->pid()) + "/net/tcp");
  EXPECT_THAT(outside, HasSubstr("0100007F:1F42 00000000:0000 0A")) << "it is not hitch's network";
  EXPECT_THAT(outside, Not(HasSubstr(":1F43 00000000:0000 0A"))) << "8003 leads into the bundle";
  hitch->send_signal(SIGTERM);
  const auto result = hitch->wait();
  EXPECT_EQ(count_lines(result.out, R"(Attempts\] [0-9.]+ failed: )"), 3) << result.out;
  EXPECT_EQ(count_lines(result.out, "connected"), 0) << result.out;
}

TEST_F(Outbound, NameServerOnTheHostsLoopbackAnswers) {
  SKIP_WITHOUT_PASTA();
  bundle.write_file("name_server.py", kNameServer);
  const auto directory = bundle.directory().string();
  bundle.write_file("resolv.conf",
                    "search example.test\nnameserver 127.0.0.53\noptions timeout:5\n");
  const auto outside = "mount --bind " + directory + "/resolv.conf /etc/resolv.conf\n" +
                       server("python3 " + directory + "/name_server.py");
  const auto result =
      run_script("cat /etc/resolv.conf; getent ahostsv4 somewhere.test", in_own_network(outside));
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out,
              HasSubstr("search example.test\nnameserver 169.254.1.1\noptions timeout:5\n"));
  EXPECT_THAT(result.out, HasSubstr("192.0.2.77"));
}

TEST_F(Outbound, CommandsThatPrepareDataHaveItToo) {
  SKIP_WITHOUT_PASTA();
  bundle.write(R"(
network: outbound
services:
  Db:
    shell: "cat $HITCH_DATA/db/answer; sleep 1000"
    ready: from outside
    data: {path: db, prepare: [[sh, -c, "@try_connect@ 203.0.113.9 8001 >$HITCH_DATA/db/answer"]]}
)");
  const auto outside = server("@listen_on@ 8001 --bind 203.0.113.9 --say 'from outside'");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, in_own_network(outside)), 0));
}

TEST_F(Outbound, WithoutARouteOutsideTheStartFailsInPastasWords) {
  SKIP_WITHOUT_PASTA();
  const auto result = run({"run", "--", "/bin/true"}, in_own_network("", false));
  EXPECT_TRUE(failed_saying(result, 125,
                            "set up 'network: outbound': pasta exited with code 1: .*xternal "
                            "interface not usable .this machine has no default route"));
  EXPECT_THAT(pastas(), ::testing::IsEmpty());
}

TEST_F(Outbound, BundleFailsWhenPastaDies) {
  SKIP_WITHOUT_PASTA();
  const auto hitch = start({"run"}, in_own_network());
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out() << hitch->err();
  const auto running = pastas();
  ASSERT_EQ(running.size(), 1U) << to_text(living_descendants(::getpid()));
  ASSERT_EQ(::kill(running.front().pid, SIGKILL), 0);
  EXPECT_TRUE(failed_saying(hitch->wait(), 125,
                            "the bundle has lost its way out: pasta was killed by SIGKILL$"));
}

TEST_F(Outbound, PastaEndsWithTheBundle) {
  SKIP_WITHOUT_PASTA();
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}, in_own_network()), 0));
  EXPECT_THAT(pastas(), ::testing::IsEmpty());
}

TEST_F(Outbound, PastaDiesWithAKilledHitch) {
  SKIP_WITHOUT_PASTA();
  const auto hitch = start({"run"}, in_own_network());
  ASSERT_TRUE(hitch->wait_for_out("READY")) << hitch->out() << hitch->err();
  EXPECT_EQ(pastas().size(), 1U);
  hitch->send_signal(SIGKILL);
  EXPECT_TRUE(wait_until_alone(kPatience).has_value()) << to_text(living_descendants(::getpid()));
  (void)hitch->wait();
  clean_up_with_the_next_command();
}

TEST_F(Outbound, NothingIsLeftOfAStartThatIsKilledAtAnyMoment) {
  SKIP_WITHOUT_PASTA();
  for (auto delay = 0ms; delay <= 120ms; delay += 6ms) {
    SCOPED_TRACE(std::to_string(delay.count()) + " ms after the start");
    const auto hitch = start({"run", "--", "/bin/sleep", "1000"}, in_own_network());
    std::this_thread::sleep_for(delay);  // this is the fault that is injected, not a wait
    hitch->send_signal(SIGKILL);
    ASSERT_TRUE(wait_until_alone(kPatience).has_value()) << to_text(living_descendants(::getpid()));
    (void)hitch->wait();
    reap_orphans();
  }
  clean_up_with_the_next_command();
}

TEST_F(Outbound, MissingPastaIsAnErrorThatSaysWhatToDo) {
  RunOptions options;
  options.environment["PATH"] = bundle.directory().string();
  bundle.write("network: outbound\nservices:\n  Idle: {command: [/bin/sleep, '1000']}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, options), 2,
                            "'network: outbound' needs the program 'pasta', which is not in PATH "
                            ".install the package 'passt', or say 'network: private'"));
}

TEST_F(Outbound, PastaGetsThreeDescriptorsAndItsWordsAreInTheError) {
  auto options = with_pasta("exec ls /proc/self/fd >&2\n");
  options.extra_descriptors = 4;
  // 3 is the directory that ls reads.
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, options), 125,
                            "pasta exited with code 0: 0; 1; 2; 3$"));
}

TEST_F(Outbound, PastaThatDoesNotComeUpIsWaitedForUntilTheTimeout) {
  bundle.write(
      "network: outbound\nstartup_timeout: 300ms\n"
      "services:\n  Idle: {command: [sleep, '1000']}\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, with_pasta("exec sleep 1000\n")), 124,
                            "pasta had not made a way out after 0.3 seconds"));
}

TEST_F(Outbound, PastaThatSetsUpNoRouteIsAnError) {
  const auto liar = with_pasta("echo $$; exec sleep 1000\n");
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}, liar), 125,
                            "pasta has set up no default route in the bundle"));
}

TEST_F(Outbound, InterruptedWhileItWaitsForPasta) {
  const auto called = (bundle.directory() / "called").string();
  const auto hitch =
      start({"run", "--", "/bin/true"}, with_pasta("touch '" + called + "'; exec sleep 1000\n"));
  while (!bundle.has_file("called") && !hitch->has_ended()) std::this_thread::yield();
  hitch->send_signal(SIGINT);
  EXPECT_TRUE(exited(hitch->wait(10s), 130));
}

}  // namespace
}  // namespace hitch::testing
