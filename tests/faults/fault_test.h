#pragma once

#include <string>
#include <vector>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {

/// One system call of a run, as `inject --record` saw it.
struct RecordedCall {
  std::string role, name;
};

/// A test that meddles with hitch itself: see tests/injector. Every run is one of `command()`, and
/// after it nothing may be left but what docs/architecture.md says the next run collects.
class FaultTest : public HitchTest {
 protected:
  /// What tells a run that went well: its command prints it and exits with this code.
  static constexpr int kCode = 3;
  static std::vector<std::string> command();

  /// Runs hitch under the injector.
  ProcessResult inject(const std::vector<std::string>& rules, RunOptions options = {},
                       bool record = false);
  /// What the injector did in the last run: "injected init 4711 prctl 1", or nothing.
  std::string injected() const;
  /// The system calls of a run without faults, in their order.
  std::vector<RecordedCall> record();

  /// hitch was killed, and nothing of it lives on.
  void expect_alone(const std::string& after);
  /// The next run works, and after it there is nothing of former ones.
  void expect_collected_by_the_next_run();

  /// Whether a call can fail in the real world, in the hands of hitch: one that makes or uses up
  /// something of the kernel. Those of the dynamic loader and of malloc are not ours to explain.
  static bool may_fail(const std::string& call);
};

/// The run went as if nothing had happened, or it failed with a documented exit code and has said
/// what did not work, with the words for `err`.
::testing::AssertionResult tolerated_or_explained(const ProcessResult& result, int err);

/// One in so many of a long list of faults is tried in the short form of a test; which ones differs
/// from run to run with HITCH_FAULT_SEED.
std::size_t first_of_every(std::size_t stride);

}  // namespace hitch::testing
