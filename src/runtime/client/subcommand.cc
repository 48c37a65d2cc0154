#include "runtime/client/hitch/subcommand.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include "runtime/client/bundle_state.h"
#include "runtime/client/failure.h"
#include "runtime/client/remark.h"
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
  RunningCommand(BundleState& bundle, const json::value& started)
      : bundle_(bundle),
        connection_(bundle.connection()),
        number_(started.at("exec").to_number<std::int64_t>()) {}

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
    if (!code) {
      throw ServiceDied(code.error().message() + ": " +
                        bundle_.why_ended().value_or("hitch is no longer there"));
    }
    return *code;
  }

  BundleState& bundle_;
  SharedConnection& connection_;
  std::int64_t number_;
};

/// Why the bundle has ended, if that is why a command has. What ends a bundle is told before its
/// processes are killed, but for the service itself that takes the command along: so hitch, which
/// knows it by then, is asked first.
std::optional<std::string> why_it_took_a_command(BundleState& bundle, int exit_code) {
  bool is_stopping = false;
  if (exit_code > 128 && !bundle.why_ended()) {
    try {
      is_stopping = bundle.call("bundle.info").at("state") == "stopping";
    } catch (const ServiceDied&) {  // then there is a reason
    }
  }
  auto why = bundle.why_ended();
  if (!why && is_stopping) why = "it is being taken down";  // a forked child is not told more
  return why;
}

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

/// No argument of a program can have a NUL in it. execve(2)
void check_words(const std::vector<std::string>& words) {
  if (words.empty()) throw BundleMisconfiguration("a sub-command has no words");
  for (const auto& word : words) {
    if (word.find('\0') == std::string::npos) continue;
    throw BundleMisconfiguration("a word of a sub-command has a NUL in it: '" + fit_to_send(word) +
                                 "'");
  }
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
  if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos) {
    throw BundleMisconfiguration("'" + fit_to_send(name) +
                                 "' cannot be the name of a variable: it is empty, or has '=' or a "
                                 "NUL in it");
  }
  if (value.find('\0') != std::string::npos) {
    throw BundleMisconfiguration("the value of the variable '" + name + "' has a NUL in it: '" +
                                 fit_to_send(value) + "'");
  }
  environment_.emplace_back(name, value);
  return *this;
}

CommandResult Subcommand::run(const RunOptions& options) const {
  check_words(words_);
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
  const auto code = RunningCommand(*bundle_, started).wait(options.timeout);
  const auto command = "'" + as_text(words_) + "' in service '" + service_ + "'";
  if (!code) throw CommandTimeout(command + " did not end in time, and was killed");
  if (*code == 128 + SIGKILL) {
    if (const auto why = bundle_->why_ended()) {
      throw ServiceDied(command + " was killed, as the bundle has ended: " + *why);
    }
  }
  CommandResult result{*code, output ? output->take() : ""};
  if (*code != 0 && !options.ignore_errors) {
    const auto ended = command + " ended with " + std::to_string(*code);
    if (const auto why = why_it_took_a_command(*bundle_, *code)) {
      throw ServiceDied(ended + " when the bundle ended: " + *why);
    }
    throw CommandFailed(ended, *code, result.output);
  }
  return result;
}

}  // namespace hitch::client
