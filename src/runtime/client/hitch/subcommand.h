#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hitch::client {

class BundleState;

/// How a sub-command is run.
struct RunOptions {
  bool shell = false;          ///< its words are one line for /bin/sh
  bool ignore_errors = false;  ///< whatever it ends with is fine
  bool stdin = false;          ///< it reads what this process would read; else nothing
  bool check_output = false;   ///< keep its standard output, instead of letting it through
  std::optional<std::chrono::milliseconds> timeout{};  ///< then it is killed
};

/// What became of a sub-command.
struct CommandResult {
  int exit_code = 0;     ///< 128 + n if signal n ended it
  std::string output{};  ///< with RunOptions::check_output
};

/// A command in the environment, directory, namespaces and clock of a service.
class Subcommand {
 public:
  /// Where it runs instead. A path inside of the bundle.
  Subcommand& in_directory(std::string directory);
  /// A variable on top of those of the service. BundleMisconfiguration for what can be none.
  Subcommand& with_env(const std::string& name, const std::string& value);

  /// Runs it to its end. Its output goes where this process writes, or, from setup() and
  /// poststart(), into the log of the service.
  ///
  /// CommandFailed if it does not end with 0; CommandTimeout; RequestFailed if it cannot be
  /// started; ServiceDied if the bundle has ended, or takes it along.
  ///
  ///     auto rows = bundle["Db"].subcommand("psql", "-c", "select 1").run({.check_output = true});
  CommandResult run(const RunOptions& options = {}) const;

 private:
  friend class Service;
  Subcommand(BundleState* bundle, std::string service, std::vector<std::string> words);

  BundleState* bundle_;
  std::string service_;
  std::vector<std::string> words_;
  std::string directory_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

}  // namespace hitch::client
