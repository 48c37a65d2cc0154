#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace hitch {

// One file per command: X_command.cc parses in add_X_command and works in run_X.

void add_run_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_logs_command(CLI::App& app, Context& context);
void add_init_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace hitch
