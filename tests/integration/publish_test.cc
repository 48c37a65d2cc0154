// Ports of a bundle that are reached from the host.
#include <signal.h>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;

class Publish : public HitchTest {
 protected:
  /// A web server of the bundle's directory, on port 80 in there.
  void serve(const std::string& publish) {
    bundle.write_file("page", std::string(3 << 20, 'x') + "end");
    bundle.write(
        "name: published\nservices:\n  Web:\n"
        "    command: [python3, -m, http.server, --bind, 127.0.0.1, '80']\n"
        "    ready: {listen: 80}\n    publish: ['" +
        publish + "']\n");
  }
  ProcessResult fetch(const std::string& port) {
    RunOptions options;
    options.prefix = {"/usr/bin/python3", "-c",
                      "import sys, urllib.request as r\n"
                      "print(len(r.urlopen('http://127.0.0.1:' + sys.argv[1] + '/page').read()))",
                      port};
    return run({}, options);
  }
};

TEST_F(Publish, PortOfTheHostLeadsIntoTheBundle) {
  const auto port = host_port();
  serve(port + ":80");
  const auto running = start({"run"});
  ASSERT_TRUE(running->wait_for_out("READY"));
  EXPECT_EQ(fetch(port).out, std::to_string((3 << 20) + 3) + "\n");
  EXPECT_THAT(run({"ps"}).out, HasSubstr("127.0.0.1:" + port + "->80"));
  running->send_signal(SIGTERM);
  (void)running->wait();
  EXPECT_NE(fetch(port).code, 0);
}

TEST_F(Publish, AnyFreePortIsTold) {
  serve("80");
  const auto running = start({"run"});
  ASSERT_TRUE(running->wait_for_out("READY"));
  const auto out = running->out();
  const auto from = out.find("is port ") + 8;
  const auto port = out.substr(from, out.find(' ', from) - from);
  EXPECT_EQ(fetch(port).out, std::to_string((3 << 20) + 3) + "\n");
  running->send_signal(SIGTERM);
  (void)running->wait();
}

TEST_F(Publish, PortThatIsTakenIsAClearError) {
  const auto port = host_port();
  serve(port + ":80");
  const auto running = start({"run"});
  ASSERT_TRUE(running->wait_for_out("READY"));
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 125,
                            "publish port 80 of service 'Web'.*Address already in use"));
  running->send_signal(SIGTERM);
  (void)running->wait();
}

}  // namespace
}  // namespace hitch::testing
