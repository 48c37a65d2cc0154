#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace hitch {

// One file per command: X_command.cc parses in add_X_command and works in run_X.

void add_run_command(CLI::App& app, Context& context);
void add_completion_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_logs_command(CLI::App& app, Context& context);
/// @param overview  the help of all, which has to be made before parsing: afterwards CLI11 gives
///                  that of the command that was chosen
void add_help_command(CLI::App& app, Context& context, const std::string* overview);
/// Names the topics below the help of all.
void add_overview_footer(CLI::App& app);
void add_init_command(CLI::App& app, Context& context);
void add_doctor_command(CLI::App& app, Context& context);
void add_down_command(CLI::App& app, Context& context);
void add_events_command(CLI::App& app, Context& context);
void add_exec_command(CLI::App& app, Context& context);
void add_inspect_command(CLI::App& app, Context& context);
void add_ls_command(CLI::App& app, Context& context);
void add_ps_command(CLI::App& app, Context& context);
void add_service_commands(CLI::App& app, Context& context);
void add_shell_command(CLI::App& app, Context& context);
void add_time_command(CLI::App& app, Context& context);
void add_top_command(CLI::App& app, Context& context);
void add_up_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace hitch
