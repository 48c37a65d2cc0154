// start, stop, restart, kill, pause, unpause, wait: what is done to services one by one while the
// rest of their bundle runs.
#include <array>
#include <memory>

#include "cli/commands.h"
#include "cli/live_run.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

struct ServiceOptions {
  std::vector<std::string> services;
  std::string signal = "SIGKILL";
  std::string timeout;
};

struct ServiceCommand {
  const char* name;
  const char* method;
  const char* help;
};
constexpr std::array kCommands{
    ServiceCommand{"start", "service.start", "Start services that have ended; wait until ready"},
    ServiceCommand{"stop", "service.stop", "Stop services; the rest of the bundle goes on"},
    ServiceCommand{"restart", "service.restart", "Stop services and start them again"},
    ServiceCommand{"kill", "service.kill", "Send a signal to services"},
    ServiceCommand{"pause", "service.pause", "Stop all processes of services, without a word"},
    ServiceCommand{"unpause", "service.unpause", "Let paused services go on"},
    ServiceCommand{"wait", "service.wait", "Wait until services have ended; the last one's code"}};

Result<std::optional<Deadline>> deadline_of(const std::string& text) {
  if (text.empty()) return std::optional<Deadline>();
  const auto span = parse_duration(text);
  if (!span) {
    return Error::because(in_quotes(text) + " is not a time", Kind::kUsage)
        .with_hint("for example 500ms, 15s, 1m30s");
  }
  return std::optional(Deadline::in(*span));
}

Status carry_out(const ServiceCommand& command, const ServiceOptions& options, Context& context) {
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY(const auto deadline, deadline_of(options.timeout));
  for (const auto& service : options.services) {
    json::object params{{"service", service}};
    if (command.name == std::string_view("kill")) params["signal"] = options.signal;
    auto done = client.call(command.method, std::move(params), {}, deadline);
    if (!done && done.error().kind() == Kind::kTimeout) {
      return Error::because("service " + in_quotes(service) + " took longer than " +
                                options.timeout + " to " + command.name,
                            Kind::kTimeout);
    }
    if (!done) return std::move(done).error();
    const auto* code = done->is_object() ? done->get_object().if_contains("exit_code") : nullptr;
    if (code != nullptr && code->is_int64()) {
      context.exit_code = static_cast<int>(code->get_int64());
    }
  }
  return Done{};
}

void add_one(CLI::App& app, Context& context, const ServiceCommand& command) {
  const auto options = std::make_shared<ServiceOptions>();  // lives as long as the callback
  CLI::App* sub = app.add_subcommand(command.name, command.help);
  sub->add_option("services", options->services, "Services of the bundle")->required();
  if (command.name == std::string_view("kill")) {
    sub->add_option("-s,--signal", options->signal, "Name or number of the signal; SIGKILL")
        ->type_name("SIGNAL");
  } else {
    sub->add_option("--timeout", options->timeout, "Give up after this time, with exit code 124")
        ->type_name("TIME");
  }
  sub->callback([options, &command, &context] {
    const auto status = carry_out(command, *options, context);
    if (!status) report_failure(context, status.error());
  });
}

}  // namespace

void add_service_commands(CLI::App& app, Context& context) {
  for (const auto& command : kCommands) add_one(app, context, command);
}

}  // namespace hitch
