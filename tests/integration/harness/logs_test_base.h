#pragma once

#include "integration/harness/hitch_test.h"

namespace hitch::testing {

/// A test of `hitch logs`, with a bundle that runs beside it.
class LogsTest : public HitchTest {
 protected:
  static constexpr const char* kShop = R"(
name: shop
services:
  Db:
    shell: "echo starting; echo ready for connections; echo checkpoint >&2; exec sleep 1000"
    ready: {all: [{log: ready for connections}, {log: checkpoint}]}
    setup: [[sh, -c, "echo initdb; echo no locale >&2"]]
    poststart: [[echo, created]]
    teardown: [[echo, dropped]]
  Api:
    shell: "printf '{\"event\": \"started\"}\nname: '; while [ ! -e go ]; do sleep 0.01; done; echo; echo '{\"event\": \"paid\"}'; exec sleep 1000"
    depends_on: [Db]
    ready: started
)";

  /// Starts the bundle in the background, and returns once it is ready.
  std::unique_ptr<HitchProcess> up(const std::vector<std::string>& words = {}) {
    std::vector<std::string> arguments{"run"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    auto hitch = start(std::move(arguments));
    EXPECT_TRUE(hitch->wait_for_out("READY")) << hitch->out() << hitch->err();
    return hitch;
  }
  static ProcessResult down(HitchProcess& hitch) {
    hitch.send_signal(SIGTERM);
    return hitch.wait();
  }
  std::string logs(std::vector<std::string> words) {
    words.insert(words.begin(), "logs");
    const auto result = run(std::move(words));
    EXPECT_TRUE(exited(result, 0));
    EXPECT_EQ(result.err, "");
    return result.out;
  }
  /// The directory of the only run.
  std::filesystem::path run_record() const {
    for (const auto& entry : std::filesystem::directory_iterator(bundle.state() / "hitch/runs"))
      return entry.path();
    return {};
  }
};

}  // namespace hitch::testing
