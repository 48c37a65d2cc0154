// The network of a bundle: a loopback of its own, names, no way out.
#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Network : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write(R"(
services:
  Web.App: {command: ["@listen_on@", "7001", --say, from the bundle], ready: {listen: 7001}}
)");
  }
};

TEST_F(Network, LoopbackIsTheOnlyInterface) {
  const auto result = run_script("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "lo\n");
}

TEST_F(Network, LoopbackIsUpForBothFamilies) {
  const auto result =
      run_script("@try_connect@ 127.0.0.1 1; @try_connect@ ::1 1; @try_connect@ 127.9.9.9 1; true");
  EXPECT_EQ(count_lines(result.out, "ECONNREFUSED"), 3) << result.out;
}

TEST_F(Network, NamesOfServicesResolve) {
  const auto result = run_script("@try_connect@ Web.App 7001; @try_connect@ localhost 7001");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: from the bundle\nconnected: from the bundle\n");
}

TEST_F(Network, NamesResolveThroughTheSystemsResolver) {
  const auto result = run_script("getent ahostsv4 Web.App; getent ahosts localhost");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("127.0.0.1"));
}

TEST_F(Network, NothingOutsideIsReached) {
  const auto result = run_script("@try_connect@ 192.0.2.1 80; @try_connect@ 2001:db8::1 80; true");
  EXPECT_EQ(count_lines(result.out, "ENETUNREACH|EHOSTUNREACH|EACCES"), 2) << result.out;
}

TEST_F(Network, PortsOfTheHostAreNotSeenNorTaken) {
  HitchProcess listener(
      {.arguments = {bundle.expand("@listen_on@"), host_port(), "--say", "the host"}});
  ASSERT_TRUE(listener.wait_for_out("listening")) << listener.err();
  bundle.write("services:\n  Web: {command: ['@listen_on@', '" + host_port() +
               "', --say, from the bundle], ready: {listen: " + host_port() + "}}\n");
  const auto result = run({"run", "--", "@try_connect@", "127.0.0.1", host_port()});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: from the bundle\n");
}

TEST_F(Network, LowPortsNeedNoPrivilege) {
  bundle.write(R"(
services:
  Web: {command: ["@listen_on@", "80", --http, "200"], ready: {http: "http://127.0.0.1/"}}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Network, AbstractSocketsOfTheHostAreNotSeen) {
  const auto result = run_script("cat /proc/net/unix | grep -c @ || true");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "0\n");
}

TEST_F(Network, HostNetworkIsTheCallersWhenAskedFor) {
  HitchProcess listener(
      {.arguments = {bundle.expand("@listen_on@"), host_port(), "--say", "the host"}});
  ASSERT_TRUE(listener.wait_for_out("listening")) << listener.err();
  bundle.write("network: host\nservices:\n  Idle: {command: [sleep, '1000']}\n");
  const auto result = run({"run", "--", "@try_connect@", "127.0.0.1", host_port()});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "connected: the host\n");
}

}  // namespace
}  // namespace hitch::testing
