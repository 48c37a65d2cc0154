#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/client/hitch/service_bundle.h"

// Bundles in GoogleTest. This header alone needs it; link with GTest::gtest yourself.

namespace hitch::client {

/// What the services printed since then, with their names in front; at most the last 500 lines.
inline std::string log_since(const ServiceBundle& bundle,
                             std::chrono::steady_clock::time_point since) {
  constexpr std::size_t kMostLines = 500;
  auto lines = bundle.logs().lines();
  std::erase_if(lines, [&](const Line& line) { return line.monotonic < since; });
  std::string text;
  if (lines.size() > kMostLines) {
    text =
        "(" + std::to_string(lines.size() - kMostLines) + " lines before these are in the log)\n";
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kMostLines));
  }
  return text + text_with_labels(lines);
}

/// A suite whose tests share one bundle, started before the first of them and shut down after the
/// last. When a test fails, what the services printed while it ran is part of the failure.
///
///     class Shop : public hitch::client::BundleTest<Shop> {
///      public:
///       static std::unique_ptr<hitch::client::ServiceBundle> make_bundle() { … }
///     };
///     TEST_F(Shop, SendsAMail) { bundle()["Web"]… }
///
/// A suite that has a SetUp() or TearDown() of its own calls that of this class in it.
template <typename Suite>
class BundleTest : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    try {
      shared() = Suite::make_bundle();
      if (shared() == nullptr) throw Error("make_bundle() has returned none");
      shared()->startup();
    } catch (const std::exception& error) {
      shared().reset();
      reason() = error.what();
    }
  }
  static void TearDownTestSuite() { shared().reset(); }

 protected:
  /// Error if it did not start.
  static ServiceBundle& bundle() {
    if (shared() == nullptr) throw Error("the bundle did not start: " + reason());
    return *shared();
  }

  void SetUp() override {
    began_ = std::chrono::steady_clock::now();
    if (shared() == nullptr) FAIL() << "the bundle did not start: " << reason();
  }
  void TearDown() override {
    if (!HasFailure() || shared() == nullptr) return;
    const auto text = log_since(*shared(), began_);
    if (!text.empty()) ADD_FAILURE() << "what the services printed during this test:\n" << text;
  }

 private:
  static std::unique_ptr<ServiceBundle>& shared() {
    static std::unique_ptr<ServiceBundle> bundle;
    return bundle;
  }
  static std::string& reason() {
    static std::string text;
    return text;
  }

  std::chrono::steady_clock::time_point began_{};
};

/// One bundle for all tests of a program: started before the first suite, shut down after the last.
///
///     auto* shop = new hitch::client::BundleEnvironment("hitch.yaml");
///     testing::AddGlobalTestEnvironment(shop);   // GoogleTest owns it
class BundleEnvironment : public ::testing::Environment {
 public:
  using Make = std::function<std::unique_ptr<ServiceBundle>()>;
  explicit BundleEnvironment(Make make) : make_(std::move(make)) {}
  explicit BundleEnvironment(const std::filesystem::path& bundle_file, BundleOptions options = {})
      : make_([bundle_file, options = std::move(options)]() mutable {
          options.bundle_files.insert(options.bundle_files.begin(), bundle_file);
          return std::make_unique<ServiceBundle>(options);
        }) {}

  /// Error if it did not start, or not yet.
  ServiceBundle& bundle() const {
    if (bundle_ == nullptr) throw Error("the bundle did not start: " + reason_);
    return *bundle_;
  }

  void SetUp() override {
    try {
      bundle_ = make_();
      if (bundle_ == nullptr) throw Error("the function that makes it has returned none");
      bundle_->startup();
    } catch (const std::exception& error) {
      bundle_.reset();
      reason_ = error.what();
      FAIL() << "the bundle did not start: " << reason_;
    }
    ::testing::UnitTest::GetInstance()->listeners().Append(new Listener(*this));
  }
  void TearDown() override {
    if (bundle_ != nullptr) bundle_->shutdown();
  }

 private:
  /// Shows the log of a test that has failed.
  class Listener : public ::testing::EmptyTestEventListener {
   public:
    explicit Listener(const BundleEnvironment& environment) : environment_(environment) {}

   private:
    void OnTestStart(const ::testing::TestInfo& /*info*/) override {
      began_ = std::chrono::steady_clock::now();
    }
    void OnTestEnd(const ::testing::TestInfo& info) override {
      if (!info.result()->Failed()) return;
      const auto text = log_since(environment_.bundle(), began_);
      if (!text.empty()) std::cout << "what the services printed during this test:\n" << text;
    }

    const BundleEnvironment& environment_;
    std::chrono::steady_clock::time_point began_{};
  };

  Make make_;
  std::unique_ptr<ServiceBundle> bundle_;
  std::string reason_ = "GoogleTest has not begun yet";
};

}  // namespace hitch::client
