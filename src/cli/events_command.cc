#include <array>
#include <charconv>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/live_run.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

/// " 2015-07-11T10:36:58.000000Z frozen vdso"
std::string clock_text(const json::object& event) {
  std::string text = ' ' + text_in(event, "now");
  const auto* frozen = event.if_contains("frozen");
  if (frozen != nullptr && *frozen == json::value(true)) text += " frozen";
  if (const double rate = real_in(event, "rate"); rate != 1) {
    std::array<char, 32> number;
    const auto end = std::to_chars(number.data(), number.data() + number.size(), rate).ptr;
    text += " rate " + std::string(number.data(), end);
  }
  return text + ' ' + text_in(event, "backend");
}

/// "2026-11-22T10:00:00.123456Z service Django ready"
std::string line_of(const json::object& event) {
  std::string line = text_in(event, "time") + ' ' + text_in(event, "type");
  if (text_in(event, "type") == "clock") line += clock_text(event);
  for (const char* key : {"service", "state"}) {
    if (const auto text = text_in(event, key); !text.empty()) line += ' ' + text;
  }
  return line + '\n';
}

Status run_events(Context& context) {
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY([[maybe_unused]] const auto subscribed, client.call("events.subscribe"));
  while (context.exit_code == 0) {
    HITCH_TRY(const auto message, client.next_notification());
    if (!message) return Done{};
    const auto* event = message->if_contains("params");
    if (event == nullptr || !event->is_object()) continue;
    const bool json = context.format == OutputFormat::kJson;
    print(context, json ? json_text(*event) + '\n' : line_of(event->get_object()));
  }
  return Done{};
}

}  // namespace

void add_events_command(CLI::App& app, Context& context) {
  CLI::App* events = app.add_subcommand(
      "events", "Print what happens in a bundle, one line each, until it has ended");
  events->callback([&context] {
    if (const auto status = run_events(context); !status) report_failure(context, status.error());
  });
}

}  // namespace hitch
