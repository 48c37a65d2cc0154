#pragma once

#include <gtest/gtest.h>
#include <hitch/hitch.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

// What the tests of the C++ library share. They are compiled as a user's tests are: with the
// headers and the library alone.

namespace client_tests {

using namespace std::chrono_literals;  // NOLINT: for tests

/// For what takes far less.
inline constexpr std::chrono::seconds kPatience{60};

/// A directory of the test's own, removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A test in a scratch directory; runs and caches are away from those of whoever runs it. Skipped
/// where there are no namespaces.
class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override;
  hitch::client::BundleOptions options() const {
    return {.project_directory = scratch_.path(), .startup_timeout = kPatience, .quiet = true};
  }
  const std::filesystem::path& project() const { return scratch_.path(); }

 private:
  ScratchDirectory scratch_;
};

/// Where the test runs cannot have bundles: why; else nothing.
std::string why_not_here();

/// A service that prints READY, does something in a shell, and stays.
hitch::client::ServiceOptions talker(const std::string& then = "",
                                     hitch::client::ServiceOptions options = {});

/// Fails the test when it does not come true in time.
void wait_until(const std::function<bool()>& condition, const std::string& what);

/// Whether a process is there, and no zombie.
bool is_alive(pid_t pid);

/// What `hitch ls` says: how many bundles run.
std::size_t bundles_left();

/// A program of these tests.
std::filesystem::path fixture(const std::string& name);

/// What a program printed, and what it ended with: 128 + n for signal n.
struct Finished {
  int exit_code = 0;
  std::string output{};  ///< of both streams
};
Finished run_program(const std::vector<std::string>& argv);

/// Asks a server for a page; with a form, by POST. @return what it answered, without the headers
std::string fetch(const hitch::client::Address& server, const std::string& path,
                  const std::map<std::string, std::string>& form = {});

}  // namespace client_tests
