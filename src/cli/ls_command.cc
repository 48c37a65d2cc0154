#include <memory>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/live_run.h"
#include "cli/text_table.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

/// One that does not answer is no reason not to list the others.
constexpr Milliseconds kPatience{2000};

json::object describe(const Run& run) {
  json::object row{{"id", run.id}, {"name", run.bundle}, {"state", "ended"}};
  row["state_directory"] = run.state.native();
  if (!run.is_alive) return row;
  row["state"] = "unknown";
  auto client = connect_to_run(run);
  if (!client) return row;
  auto info = client->call("bundle.info", {}, {}, Deadline::in(kPatience));
  if (!info || !info->is_object()) return row;
  auto& told = info->get_object();
  for (const char* key : {"state", "uptime", "directory", "supervisor_pid"}) row[key] = told[key];
  row["services"] = told["services"].is_array() ? told["services"].get_array().size() : 0;
  return row;
}

std::string number_or_dash(const json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  return value != nullptr ? json_text(*value) : std::string("-");
}

Status run_ls(Context& context, bool all) {
  HITCH_TRY(const auto where, Directories::of_caller());
  TextTable table({"NAME", "STATE", "UPTIME", "SERVICES", "ID", "DIRECTORY"});
  std::string lines;
  for (const auto& run : list_runs(where)) {
    if (!run.is_alive && !all) continue;
    const auto row = describe(run);
    lines += json_text(row) + '\n';
    const auto* uptime = row.if_contains("uptime");
    const bool known = uptime != nullptr && uptime->is_double();
    table.add({run.bundle, text_in(row, "state"), known ? short_span(uptime->get_double()) : "-",
               number_or_dash(row, "services"), run.id, text_in(row, "directory")});
  }
  print(context, context.format == OutputFormat::kJson ? lines : table.text());
  return Done{};
}

}  // namespace

void add_ls_command(CLI::App& app, Context& context) {
  const auto all = std::make_shared<bool>(false);  // lives as long as the callback
  CLI::App* ls = app.add_subcommand("ls", "List the bundles of this user that are running");
  ls->add_flag("-a,--all", *all, "Also those that have ended and whose log is still there");
  ls->callback([all, &context] {
    if (const auto status = run_ls(context, *all); !status) report_failure(context, status.error());
  });
}

}  // namespace hitch
