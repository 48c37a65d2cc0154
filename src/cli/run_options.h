#pragma once

#include <CLI/CLI.hpp>

#include "cli/run_session.h"

namespace hitch {

/// Adds the options of `run` and `up` that mean the same in both.
void add_run_options(CLI::App& command, RunOptions& options);

}  // namespace hitch
