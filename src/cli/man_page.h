#pragma once

#include <string>

#include "cli/command_table.h"

namespace hitch {

/// hitch(1), in the macros of man(7). The same text for the same program: it has no date.
std::string man_page(const CommandTable& table);

}  // namespace hitch
