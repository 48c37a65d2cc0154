#pragma once

#include <string>
#include <string_view>

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/variables.h"

namespace hitch {

/// Reads the lines of an environment file over what is there: NAME=VALUE, blank lines, `#`
/// comments, an optional `export`. A value in '…' is taken as it is; in "…", `\n`, `\t`, `\"`, `\\`
/// and `\$` are escapes; both may span lines. Nothing is expanded. More than kMaxFileBytes are
/// refused.
/// @param name  of the file, @param path the key that named it: for messages
void read_env_file(const std::string& name, std::string_view bytes, const std::string& path,
                   Variables& variables, Diagnostics& out);

}  // namespace hitch
