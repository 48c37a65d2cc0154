// A suite whose tests fail, to see what GoogleTest says of them then.

#include <hitch/gtest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;  // NOLINT
using namespace hitch::client;         // NOLINT

class Failing : public BundleTest<Failing> {
 public:
  static std::unique_ptr<ServiceBundle> make_bundle() {
    auto bundle =
        std::make_unique<ServiceBundle>(BundleOptions{.startup_timeout = 60s, .quiet = true});
    bundle->add("Talker", {.command = {"sleep", "1000"}});
    return bundle;
  }
};

TEST_F(Failing, First) {
  bundle()["Talker"].log("said in the first test");
}

TEST_F(Failing, Second) {
  bundle().log("said in the second test");
  FAIL() << "as it should";
}

class NoBundle : public BundleTest<NoBundle> {
 public:
  static std::unique_ptr<ServiceBundle> make_bundle() { return nullptr; }
};

TEST_F(NoBundle, IsTold) {
  FAIL() << "this must not run";
}

class NotStarting : public BundleTest<NotStarting> {
 public:
  static std::unique_ptr<ServiceBundle> make_bundle() {
    auto bundle =
        std::make_unique<ServiceBundle>(BundleOptions{.startup_timeout = 60s, .quiet = true});
    bundle->add("Dying", {.command = {"/bin/sh", "-c", "echo my last words; exit 3"},
                          .ready = {{"log", "never"}}});
    return bundle;
  }
};

TEST_F(NotStarting, IsTold) {
  FAIL() << "this must not run";
}

}  // namespace
