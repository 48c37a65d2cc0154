#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace hitch {

// One file per command: X_command.cc parses in add_X_command and works in run_X.

void add_run_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_logs_command(CLI::App& app, Context& context);
void add_init_command(CLI::App& app, Context& context);
void add_down_command(CLI::App& app, Context& context);
void add_events_command(CLI::App& app, Context& context);
void add_exec_command(CLI::App& app, Context& context);
void add_ls_command(CLI::App& app, Context& context);
void add_ps_command(CLI::App& app, Context& context);
void add_service_commands(CLI::App& app, Context& context);
void add_shell_command(CLI::App& app, Context& context);
void add_up_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace hitch
