
#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/live_run.h"
#include "cli/process_tree.h"
#include "cli/text_table.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

std::string or_dash(std::int64_t number) {
  return number == 0 ? "-" : std::to_string(number);
}

std::string ports_of(const json::object& row) {
  const auto* ports = row.if_contains("ports");
  std::string text;
  if (ports == nullptr || !ports->is_array()) return text;
  for (const auto& port : ports->get_array()) {
    text += (text.empty() ? "" : ",") + json_text(port);
  }
  const auto* published = row.if_contains("published");
  if (published == nullptr || !published->is_array()) return text;
  for (const auto& port : published->get_array()) {
    if (port.is_string()) text += (text.empty() ? "" : ",") + std::string(port.get_string());
  }
  return text;
}

std::string state_of(const json::object& row) {
  const auto* code = row.if_contains("exit_code");
  auto state = text_in(row, "state");
  if (code == nullptr || (state != "exited" && state != "failed")) return state;
  return state + " (" + json_text(*code) + ')';
}

/// What there is to say of a clock that is not the machine's.
std::string clock_line(const json::value& info) {
  const auto* clock = info.as_object().if_contains("clock");
  if (clock == nullptr || !clock->is_object()) return "";
  const auto& object = clock->get_object();
  return "\nclock: " + text_in(object, "backend") + " (" + text_in(object, "reason") + ")\n";
}

/// What there is to say of a bundle that has less isolation than it might.
std::string isolation_line(const json::value& info) {
  const auto* isolation = info.as_object().if_contains("isolation");
  if (isolation == nullptr || !isolation->is_object()) return "";
  const auto& object = isolation->get_object();
  const auto level = text_in(object, "level");
  return level == "full" ? "" : "\nisolation: " + level + " (" + text_in(object, "reason") + ")\n";
}

Status run_ps(Context& context) {
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY(const auto info, client.call("bundle.info", {{"usage", true}}));
  TextTable table({"SERVICE", "STATE", "PID", "INSIDE", "UPTIME", "CPU", "MEMORY", "PORTS"});
  std::string lines;
  for (const auto& service : info.at("services").as_array()) {
    const auto& row = service.as_object();
    lines += json_text(row) + '\n';
    const bool runs = number_in(row, "pid") != 0;
    table.add({text_in(row, "name"), state_of(row), or_dash(number_in(row, "pid")),
               or_dash(number_in(row, "pid_inside")),
               runs ? short_span(real_in(row, "uptime")) : "-",
               runs ? short_span(real_in(row, "cpu_time")) : "-",
               runs ? megabytes(static_cast<std::uint64_t>(number_in(row, "memory"))) : "-",
               ports_of(row)});
  }
  print(context, context.format == OutputFormat::kJson
                     ? lines
                     : table.text() + clock_line(info) + isolation_line(info));
  return Done{};
}

}  // namespace

void add_ps_command(CLI::App& app, Context& context) {
  CLI::App* ps = app.add_subcommand("ps", "List the services of a bundle that runs");
  ps->callback([&context] {
    if (const auto status = run_ps(context); !status) report_failure(context, status.error());
  });
}

}  // namespace hitch
