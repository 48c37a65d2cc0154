#include "runtime/client/hitch/subcommand.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include "runtime/client/bundle_state.h"
#include "runtime/client/failure.h"
#include "runtime/client/run_output.h"

namespace hitch::client {

namespace {

std::string as_text(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A sub-command that has been started.
class RunningCommand {
 public:
  RunningCommand(SharedConnection& connection, const json::value& started)
      : connection_(connection), number_(started.at("exec").to_number<std::int64_t>()) {}

  /// @return its exit code; nothing if it had to be killed
  std::optional<int> wait(std::optional<Milliseconds> timeout) {
    std::optional<Deadline> deadline;
    if (timeout) deadline = Deadline::in(*timeout);
    const auto code = exit_code_by(deadline);
    if (code) return code;
    connection_.tell("exec.signal", {{"exec", number_}, {"signal", SIGKILL}});
    (void)exit_code_by(std::nullopt);
    return std::nullopt;
  }

 private:
  std::optional<int> exit_code_by(const std::optional<Deadline>& deadline) {
    auto code = connection_.wait_exec(number_, deadline);
    if (!code) throw ServiceDied(code.error().message());
    return *code;
  }

  SharedConnection& connection_;
  std::int64_t number_;
};

/// Starts it with the descriptors of this process, or with a pipe as its standard output.
json::value start_here(BundleState& bundle, json::object request, bool with_stdin,
                       RunOutput* output) {
  std::cout.flush();
  (void)std::fflush(nullptr);
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int in = with_stdin ? STDIN_FILENO : nothing.get();
  const int out = output != nullptr ? output->write_fd() : STDOUT_FILENO;
  auto started = bundle.call("service.exec", std::move(request), {in, out, STDERR_FILENO});
  if (output != nullptr) (void)value_or_throw(output->begin());
  return started;
}

json::array argv_of(const std::vector<std::string>& words, bool shell) {
  if (shell) return {"/bin/sh", "-c", as_text(words)};
  json::array argv;
  for (const auto& word : words) argv.emplace_back(word);
  return argv;
}

}  // namespace

Subcommand::Subcommand(BundleState* bundle, std::string service, std::vector<std::string> words)
    : bundle_(bundle), service_(std::move(service)), words_(std::move(words)) {}

Subcommand& Subcommand::in_directory(std::string directory) {
  directory_ = std::move(directory);
  return *this;
}

Subcommand& Subcommand::with_env(const std::string& name, const std::string& value) {
  environment_.emplace_back(name, value);
  return *this;
}

CommandResult Subcommand::run(const RunOptions& options) const {
  json::object request{{"service", service_}, {"argv", argv_of(words_, options.shell)}};
  if (!directory_.empty()) request["directory"] = directory_;
  if (!environment_.empty()) {
    json::object environment;
    for (const auto& [name, value] : environment_) environment[name] = value;
    request["environment"] = std::move(environment);
  }
  const Moment* moment = bundle_->current_moment();
  std::unique_ptr<RunOutput> output;
  if (options.check_output) output = value_or_throw(RunOutput::create());
  json::value started;
  if (moment != nullptr && !output && !options.stdin) {
    request["log"] = moment->phase;
    started = bundle_->call("service.exec", std::move(request));
  } else {
    started = start_here(*bundle_, std::move(request), options.stdin, output.get());
  }
  const auto code = RunningCommand(bundle_->connection(), started).wait(options.timeout);
  const auto command = "'" + as_text(words_) + "' in service '" + service_ + "'";
  if (!code) throw CommandTimeout(command + " did not end in time, and was killed");
  if (*code == 128 + SIGKILL) {
    if (const auto why = bundle_->why_ended()) {
      throw ServiceDied(command + " was killed, as the bundle has ended: " + *why);
    }
  }
  CommandResult result{*code, output ? output->take() : ""};
  if (*code != 0 && !options.ignore_errors) {
    throw CommandFailed(command + " ended with " + std::to_string(*code), *code, result.output);
  }
  return result;
}

}  // namespace hitch::client
