#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "integration/harness/hitch_process.h"
#include "integration/harness/leak_snapshot.h"
#include "integration/harness/process_tree.h"
#include "integration/harness/temp_bundle.h"

namespace hitch::testing {

/// How a test starts hitch where the usual way will not do.
struct RunOptions {
  std::string input{};
  bool keep_input_open = false;
  Stdio stdio = Stdio::kPipes;
  std::map<std::string, std::string> environment{};  ///< on top of the bundle's
  std::vector<std::string> without{};                ///< variables to leave out
  std::optional<std::filesystem::path> directory{};  ///< else the bundle's
  int extra_descriptors = 0;
  /// A program that starts hitch: `unshare -m …`. Its path comes first.
  std::vector<std::string> prefix{};
  std::chrono::seconds deadline = kPatience;
};

/// Why no user namespace can be made here, or nothing.
std::optional<std::string> why_no_namespaces();

/// A test with a bundle of its own. Whatever the test does, nothing of it may be left in the end:
/// TearDown looks at processes, mounts, files, cgroups and descriptors.
class HitchTest : public ::testing::Test {
 protected:
  HitchTest();
  void SetUp() override;
  void TearDown() override;

  /// Runs hitch in the bundle's directory and waits for its end. Fixture programs may be named
  /// in the arguments: see TempBundle::expand.
  ProcessResult run(std::vector<std::string> arguments, const RunOptions& options = {});
  /// Starts hitch and returns at once.
  std::unique_ptr<HitchProcess> start(std::vector<std::string> arguments,
                                      const RunOptions& options = {});
  /// `hitch run -- /bin/sh -c SCRIPT`.
  ProcessResult run_script(const std::string& script, const RunOptions& options = {});

  TempBundle bundle;

 private:
  LeakSnapshot before_;
};

/// The program ended with this exit code. Says all that it printed when it did not.
::testing::AssertionResult exited(const ProcessResult& result, int code);
/// Some line of `text` matches `pattern` (ECMAScript), somewhere.
::testing::AssertionResult has_line(const std::string& text, const std::string& pattern);
/// hitch failed with `code`, and its last line says something that matches `pattern`.
::testing::AssertionResult failed_saying(const ProcessResult& result, int code,
                                         const std::string& pattern);

/// A port for a listener on the host: tests run side by side, so each has one of its own.
std::string host_port();

std::vector<std::string> lines_of(const std::string& text);
/// How many lines of `text` match `pattern`.
int count_lines(const std::string& text, const std::string& pattern);

}  // namespace hitch::testing
